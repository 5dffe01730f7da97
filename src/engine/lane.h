// For delivering what workers made, in order. There are three lanes: for targets of records and of rows one per output, for
// targets of objects one per output and stream.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/checkpoint.h"
#include "engine/components.h"
#include "engine/holdback.h"
#include "engine/objects.h"
#include "engine/parcel.h"

namespace headwater {

/// One ordered way to one target. Used by one thread at a time; parcels of a stream come in the order of its tasks.
class Lane {
  public:
    virtual ~Lane() = default;
    virtual Result<void> open() = 0;
    /// Delivers a parcel of stream `stream` of the plan, but for the rows that resume() told to be durable; blocks = back-pressure.
    Result<void> commit(int stream, Parcel& parcel);
    /// Delivers what comes last and returns when everything is durable.
    virtual Result<void> close() = 0;
    /// Makes durable what can be, and tells how far that is, with the objects finished since the last call.
    virtual Result<LaneState> checkpoint() = 0;
    /// After open() and before the first parcel: goes on where a lane that was cut off was durable.
    virtual Result<void> resume(const LaneState& state) = 0;
    /// Tells the first record of a stream that the lane still wants.
    int64_t wanted_from(int stream) const;
    /// Before open(): says that records of a stream are held back.
    void hold(int stream) { held_[stream]; }
    /// Delivers what is held back of a stream until an instant; no older record of it comes any more.
    Result<void> advance(int stream, int64_t instant);
    /// Before close(): delivers everything that is held back; a checkpoint behind it holds nothing back.
    Result<void> release_held();
    /// After open(), and where it failed too: gives what the target lacked and open() made.
    virtual std::vector<MadeThing> take_made() = 0;
    /// Without open(): removes the run's objects; those that `names` holds, or all that can be found where there is none.
    /// Counts them.
    virtual Result<int64_t> remove_objects(const std::set<std::string>* names) {
        (void)names;
        return 0;
    }
    /// Without open(): reads an object of the target; none when it is not there.
    virtual Result<std::optional<std::string>> read(const std::string& name) {
        (void)name;
        return std::nullopt;
    }
    /// Without open(): removes one object of the target.
    virtual Result<void> remove(const std::string& name) {
        (void)name;
        return {};
    }
    /// Without open(): removes what open() once made; `delivered` counts records by stream. Gives why it stays, or nothing.
    virtual Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>& delivered) = 0;
    /// After close(): gives the objects finished since the last checkpoint.
    virtual std::vector<ObjectEntry> take_entries() { return {}; }
    /// Says that from here on records come as they happen. Any thread may call it.
    virtual void be_prompt() {}
    /// True when the lane takes columns instead of encoded records.
    virtual bool wants_batches() const { return false; }
    /// True when payloads must carry keys.
    virtual bool wants_keys() const { return false; }
    /// True when payloads must carry the numbers and entities of their records.
    virtual bool wants_identity() const { return false; }

    /// Gives what was delivered, by stream of the plan. Not to be called while another thread commits.
    const std::map<int, Tally>& tallies() const { return tallies_; }

  protected:
    virtual Result<void> deliver(int stream, const Parcel& parcel) = 0;
    /// Adds what a checkpoint must know of records that are held back; `state` has its marks.
    void add_feeds(LaneState& state);
    /// Goes on behind what a state says was delivered.
    void resume_at(const LaneState& state);
    /// Makes durable what a target of records or rows got, and tells how far that is.
    Result<LaneState> checkpoint_of(StreamSink& sink);

    std::map<int, Tally> tallies_;
    std::map<int, Mark> wanted_;   ///< by stream: what comes before is durable since before the cut-off
    std::map<int, Mark> reached_;  ///< by stream: what comes before was delivered

  private:
    /// A stream some of whose records are held back. Its marks count what is delivered, not what was generated.
    struct HeldStream {
        Holdback held;
        FeedMark begin;                ///< where this process began
        int64_t out = 0;               ///< records delivered
        int64_t end = 0;               ///< records looked at
        int64_t advanced = INT64_MIN;  ///< what was due before this instant is delivered
        bool has_begun = false;        ///< deliveries of this process have begun
        std::vector<FeedMark> marks;   ///< since the last checkpoint
    };
    static void begin_delivery(HeldStream& one);
    Result<void> commit_held(int stream, HeldStream& one, Parcel& parcel);
    Result<void> hand_over(int stream, Parcel& parcel);
    Result<void> hand_out(int stream, HeldStream& one, Parcel& parcel);

    std::map<int, HeldStream> held_;
};

/// Makes a lane to a target of records, which it owns.
std::unique_ptr<Lane> make_record_lane(std::unique_ptr<RecordSink> sink, std::shared_ptr<const Format> format,
                                       std::map<int, std::shared_ptr<const Schema>> schemas,
                                       const IdentityOptions& identity);

/// Makes a lane to a target of rows, which it owns; by stream of the plan.
std::unique_ptr<Lane> make_row_lane(std::unique_ptr<RowSink> sink,
                                    std::map<int, std::shared_ptr<const Schema>> schemas);

/// Makes a lane to a target of objects, which it owns, for one stream of the plan. Refuses options that do not go together.
Result<std::unique_ptr<Lane>> make_object_lane(std::unique_ptr<ObjectSink> sink, std::shared_ptr<const Format> format,
                                               int stream, std::shared_ptr<const Schema> schema,
                                               const LaneOptions& options);

}  // namespace headwater
