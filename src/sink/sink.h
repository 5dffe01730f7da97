// For places that records, rows or objects are delivered to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/batch.h"

namespace headwater {

/// What a target lacked and open() made.
struct MadeThing {
    std::string kind;  ///< topic, bucket, folder
    std::string name;
};

/// What became of one finished object.
struct ObjectReceipt {
    std::string name;    ///< relative to the target
    uint64_t bytes = 0;  ///< as stored
    std::string sha256;  ///< of the stored bytes, hex
};

/// One object being written. Nothing is visible under its name before `finish` returns.
class ObjectWriter {
  public:
    virtual ~ObjectWriter() = default;  ///< an object not finished leaves nothing behind
    /// Takes all of `bytes` or none; blocks while the target is slow.
    virtual Result<void> write(std::string_view bytes) = 0;
    /// Makes the object whole and visible as `name`, relative to the target, with / between folders: a name may tell
    /// what only the end of an object knows. An object of that name is replaced.
    virtual Result<ObjectReceipt> finish(const std::string& name) = 0;
};

/// A target of objects: a folder, a bucket. Used by one thread at a time unless it says otherwise.
class ObjectSink {
  public:
    virtual ~ObjectSink() = default;
    /// Checks that the target can be used, and makes what is missing.
    virtual Result<void> open() = 0;
    /// Starts an object that will lie in the folder of `hint` under a name like it; no two unfinished objects share a hint.
    virtual Result<std::unique_ptr<ObjectWriter>> create(const std::string& hint) = 0;
    /// Returns when everything finished is durable.
    virtual Result<void> flush() = 0;
    /// After a run was cut off: gives up what it left unfinished and gives the names of its finished objects, each
    /// beginning with `prefix` and ending with `ending`, as every hint and name of the run did.
    virtual Result<std::vector<std::string>> recover(const std::string& prefix, const std::string& ending) = 0;
    /// Removes a finished object; one that is not there is no error.
    virtual Result<void> remove(const std::string& name) = 0;
    /// Reads a finished object; none when it is not there. For small ones.
    virtual Result<std::optional<std::string>> read(const std::string& name) = 0;
    /// After open(), and where it failed too: gives what it made since the last call.
    virtual std::vector<MadeThing> take_made() { return {}; }
    /// Without open(): removes what an open() once made, if nothing else is in it by now. Gives why it stays, or nothing.
    virtual Result<std::string> unmake(const MadeThing& thing) { return "Target cannot remove it: " + thing.name; }
};

/// Records that a target refused after it had accepted them; rows as JSON: see row_as_record.
struct Refusal {
    std::string stream;
    Payload payload;
    std::string reason;
};

/// What targets of records and of rows have in common. Used by one thread at a time.
class StreamSink {
  public:
    virtual ~StreamSink() = default;
    /// Returns when everything accepted is durable or refused; `unavailable` when that takes more than a second.
    virtual Result<void> flush() = 0;
    /// Gives what was refused since the last call, of what write() had accepted.
    virtual std::vector<Refusal> take_refusals() { return {}; }
    /// After open() and after flush(): tells where the target ends, and which records that resume() found have not come
    /// again yet, in a text that only this sink reads.
    virtual std::string cursor() const { return ""; }
    /// After open(), on a run that was cut off: finds what the target got behind `cursor`; write() leaves out each of
    /// those records, once. Of one stream they come again in their order, but for records of entities.
    virtual Result<void> resume(const std::string& cursor) {
        (void)cursor;
        return {};
    }
    /// After open(), and where it failed too: gives what it made since the last call.
    virtual std::vector<MadeThing> take_made() { return {}; }
    /// Without open(): removes what an open() once made, if it holds no more than what the run delivered, by stream. Gives
    /// why it stays, or nothing.
    virtual Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>& delivered) {
        (void)delivered;
        return "Target cannot remove it: " + thing.name;
    }
};

/// A target of records: standard output, nothing, a topic.
class RecordSink : public StreamSink {
  public:
    virtual Result<void> open() = 0;
    /// Accepts all of a payload or none; blocks = back-pressure, for a second at most: then it is `unavailable`. A payload
    /// of several records that is `rejected` comes again record by record.
    virtual Result<void> write(const std::string& stream, const Payload& payload) = 0;
    /// True when every record stands alone: no header, separators or tail between records.
    virtual bool takes_messages() const { return false; }
    /// Says that from here on records come as they happen, so that none of them waits for company. Any thread may call it.
    virtual void be_prompt() {}
    /// True when payloads must carry the key of each record.
    virtual bool wants_keys() const { return false; }
    /// True when payloads must carry the numbers and entities of the records.
    virtual bool wants_identity() const { return false; }
};

/// A target of rows: tables of a database.
class RowSink : public StreamSink {
  public:
    /// Checks that the target can take rows of these schemas, one for each stream with all its versions, and makes what is
    /// missing; a type that it cannot hold is `invalid`.
    virtual Result<void> open(const std::vector<std::shared_ptr<const Schema>>& schemas) = 0;
    /// Accepts all rows of a batch, in Batch::order, or none; blocks = back-pressure, for a second at most: then it is
    /// `unavailable`. Batch::schema is that of the version which all of them have. A batch of several rows that is
    /// `rejected` comes again row by row. The batch is gone when this returns.
    virtual Result<void> write(const std::string& stream, const Batch& rows) = 0;
};

}  // namespace headwater
