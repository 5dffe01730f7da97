// For turning batches into bytes: records with boundaries, or whole objects with header and footer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "format/kind.h"

namespace headwater {

/// Identity written beside the fields of a record.
struct IdentityOptions {
    bool column = false;  ///< add a last column `_headwater` = run/stream/row
    std::string run;
};

/// Encodes records of one stream, one after the other; bytes of a record depend on that record alone.
/// One worker owns one encoder.
class RecordEncoder {
  public:
    virtual ~RecordEncoder() = default;
    /// Appends all rows of the batch, in `order`, each with its end and time.
    virtual void encode(const Batch& batch, Payload& payload) = 0;
    /// Appends the keys of all rows of the batch, in `order`: values of a field, as text where the format has no way of its own.
    virtual void encode_keys(const Batch& batch, const Field& key, Payload& payload);
    /// Gives the bytes in front of the first record of an object, between two records, and behind the last.
    virtual std::string_view head() const { return ""; }
    virtual std::string_view between() const { return ""; }
    virtual std::string_view tail() const { return ""; }
    /// Counts the bytes at the end of every record that only separate it from the next one in a file.
    virtual uint32_t line_end_bytes() const { return 0; }
};

/// Writes whole objects whose inner layout needs a footer. Fed in order by one thread at a time.
class ObjectEncoder {
  public:
    virtual ~ObjectEncoder() = default;
    /// Adds rows; encoded bytes that are final are handed to `write` in order.
    virtual Result<void> add(const Batch& batch) = 0;
    /// Estimates the bytes of the object if it were finished now; depends on the rows added, not on their batches.
    virtual size_t size_bytes() const = 0;
    /// Bounds the bytes of an object: no rows need more than this plus the sum of their weights.
    virtual size_t overhead_bytes() const = 0;
    /// Gives the weight of every row of the batch, in `order`.
    virtual void weigh(const Batch& batch, std::vector<uint64_t>& weights) const = 0;
    /// Writes the footer.
    virtual Result<void> finish() = 0;
};

/// Receives bytes of an object in order.
using ByteSink = std::function<Result<void>(std::string_view bytes)>;

/// Makes encoders of one format with its options settled. Exactly one of the two factories is usable.
class Format {
  public:
    /// The kind must outlive the format.
    explicit Format(const FormatKind& kind) : kind_(kind) {}
    virtual ~Format() = default;

    const FormatKind& kind() const { return kind_; }
    std::string_view name() const { return kind_.name; }
    std::string_view extension() const { return kind_.extension; }
    std::string_view content_type() const { return kind_.content_type; }
    /// True when objects are made by ObjectEncoder, false when by RecordEncoder.
    bool makes_objects() const { return kind_.makes_objects; }
    bool mixes_schemas() const { return kind_.mixes_schemas; }

    /// Called once before the first encoder is made, with every schema that records will have, but for those that faults
    /// break: refuses what the format cannot hold, and may talk to others, such as a registry. What it accepts can be written.
    virtual Result<void> prepare(const std::vector<std::shared_ptr<const Schema>>& schemas,
                                 const IdentityOptions& identity) {
        (void)schemas;
        (void)identity;
        return {};
    }
    virtual std::unique_ptr<RecordEncoder> record_encoder(const Schema& schema,
                                                          const IdentityOptions& identity) const = 0;
    virtual Result<std::unique_ptr<ObjectEncoder>> object_encoder(const Schema& schema, const IdentityOptions& identity,
                                                                  ByteSink write) const {
        (void)schema, (void)identity, (void)write;
        return fail(ErrorKind::invalid, "Format writes records, not objects: " + std::string(name()));
    }

  private:
    const FormatKind& kind_;
};

}  // namespace headwater
