// For describing a target once: help, completion, schemas, pages, what clients of the service may say, readers and laws follow.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/option.h"
#include "base/result.h"
#include "base/time.h"
#include "data/type.h"
#include "sink/address_guard.h"
#include "sink/reading.h"
#include "sink/sink.h"

namespace headwater {

/// What a target may not go beyond, in a service.
struct TargetBounds {
    AddressGuard guard{};  ///< asked for each connection to a server that the settings do not name; none: all are made
    std::string files{};   ///< folder that files lie below, wherever links lead; "": they may lie anywhere
};

/// What an output says of its target, taken apart.
struct TargetRequest {
    std::string path;           ///< what stands behind the scheme's colon; may hold holes
    GivenOptions options{};     ///< of the target
    std::string compression{};  ///< where the target compresses itself; "": as it likes
    std::string identity{};
    bool is_answer_key = false;  ///< what comes is an answer key
    bool makes_objects = false;  ///< the format makes whole objects
    bool keeps_latest = false;   ///< of records of one key only the last one is of use
    TargetBounds bounds{};
};

/// What a run tells a target that it makes.
struct TargetUse {
    std::string run;                                     ///< id
    std::vector<std::shared_ptr<const Schema>> schemas;  ///< of all records that will come, by stream
    bool is_answer_key = false;
    int64_t age_us = 0;                ///< how long ago, by event time, the run's first instant was
    std::function<bool()> gives_up{};  ///< asked while the target waits: true ends the waiting; any thread may call it
    std::function<void(const std::string&)> notice{};  ///< receives what the user should know; any thread may call it
    std::function<void(std::string_view)> pass{};      ///< for tests: called at named points
    const Clock* clock = nullptr;                      ///< dates what a protocol signs; outlives the target
};

/// One end of an output, not opened. Exactly one of the sinks is set.
struct Target {
    std::string name;                 ///< stdout, discard, file: as messages and `limited_by` call it
    std::string root;                 ///< of objects: where the manifest lies, as the user typed it
    std::string folder;               ///< of objects: below the root, may hold holes; see ObjectPlace
    bool keeps_objects = true;        ///< of objects: false where what is written is thrown away, so no manifest
    bool hides_notes = false;         ///< of objects: a small one may lie there that nobody but runs sees
    bool compresses_records = false;  ///< of records: the target sees to the compression itself
    std::unique_ptr<RecordSink> records;
    std::unique_ptr<ObjectSink> objects;
    std::unique_ptr<RowSink> rows;
};

/// What has landed at a target, to be read: topics or objects.
struct Landed {
    std::unique_ptr<TopicSource> topics;
    std::function<std::string(const std::string& stream)> topic_of{};  ///< gives the topic of pack.stream
    std::unique_ptr<ObjectSource> objects;
};

/// What a service lets its clients name.
struct ServicePlace {
    std::string files;  ///< folder of files; "": none
    /// Says why no client may name a server that the settings do not name, or nothing.
    std::function<std::string(const std::string& host, uint16_t port)> why_not{};
};

/// What is made by a target's code, which may lie in a module.
struct TargetFactories {
    /// Makes one end; called once for every lane, as sinks have one owner.
    Result<Target> (*make)(const TargetRequest& request, const TargetUse& use) = nullptr;
    /// Makes a reader of what has landed; the clock dates what a protocol signs and must outlive it.
    Result<Landed> (*open)(const TargetRequest& request, const Clock& clock) = nullptr;
};

/// One target.
struct TargetKind {
    std::string_view scheme;  ///< s3
    std::string_view form;    ///< its address, as help and messages spell it: s3://BUCKET/PREFIX
    std::string_view help;
    std::vector<Option> options{};
    bool takes_records = false;   ///< one stream of bytes, or messages
    bool takes_messages = false;  ///< of those: every record stands alone
    bool takes_objects = false;
    bool takes_rows = false;                       ///< columns with their schema, no bytes
    bool keeps = true;                             ///< what was delivered can be found there
    bool has_reader = false;                       ///< what has landed can be read: by verify
    bool is_cleaned = false;                       ///< what a run made can be removed
    std::vector<std::string_view> compressions{};  ///< where the target compresses itself
    std::string_view identity = "none";            ///< where records say who they are when nobody asks
    std::string_view module = "";                  ///< whose factories are taken; "": those of `built_in`
    TargetFactories built_in{};
    /// Brings a path to its one spelling, and refuses one that cannot be; `text` is the whole address, for messages.
    Result<void> (*settle_path)(std::string& path, const std::string& text) = nullptr;
    /// Names where a stream `pack.stream` goes: equal for one place however it is spelled, by each of its servers where it has
    /// several; holes of dates and hours stay. Null where nothing is kept.
    std::vector<std::string> (*places)(const TargetRequest& request, const std::string& stream) = nullptr;
    /// Refuses what can be seen to be wrong without connecting to anything; also of options that are not in the table, where it
    /// knows more of them (`takes_more`).
    Result<void> (*check)(const TargetRequest& request) = nullptr;
    bool takes_more = false;  ///< options that no table knows go to `check`, which says what is near
    /// Warns of what will be regretted, in a run whose first record is `age_us` old; "" where all is well.
    std::string (*warn)(const TargetRequest& request, int64_t age_us) = nullptr;
    /// Keeps clients of a service to what they may name, beyond the options; may change the path.
    Result<void> (*confine)(TargetRequest& request, const ServicePlace& place) = nullptr;
};

}  // namespace headwater
