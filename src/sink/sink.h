// For places that records or objects are delivered to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/batch.h"

namespace headwater {

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
};

/// A target of records: standard output, nothing, a topic. Used by one thread at a time.
class RecordSink {
  public:
    virtual ~RecordSink() = default;
    virtual Result<void> open() = 0;
    /// Accepts all of a payload or none; blocks = back-pressure.
    virtual Result<void> write(const std::string& stream, const Payload& payload) = 0;
    /// Returns when everything accepted is durable.
    virtual Result<void> flush() = 0;
};

}  // namespace headwater
