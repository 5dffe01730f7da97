// For the retry policy, which exists once: wait for targets that are away, set aside what they refuse, stop at what cannot be.
#include "engine/delivery.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/json.h"
#include "data/print.h"
#include "engine/parcel.h"

namespace headwater {

namespace {

constexpr int64_t first_pause_us = 50'000;
constexpr int64_t longest_pause_us = 5'000'000;

bool is_given_up(const Delivery& delivery) {
    return delivery.stop_limit == nullptr ? delivery.stop.requested() : delivery.stop_limit->is_over();
}

/// Makes an attempt that gives something, as try_until_available does one that gives nothing.
template <typename Attempt>
auto get_when_available(const Delivery& delivery, const std::string& target, const Attempt& attempt) {
    decltype(attempt()) got{};
    (void)try_until_available(delivery, target, [&]() -> Result<void> {
        got = attempt();
        return got ? Result<void>{} : std::unexpected(got.error());
    });
    return got;
}

/// What guards of records and of rows have in common.
template <typename Sink>
class GuardedStreamSink : public Sink {
  public:
    GuardedStreamSink(std::unique_ptr<Sink> sink, const Delivery& delivery, std::string target)
        : sink_(std::move(sink)), delivery_(delivery), target_(std::move(target)) {}

    Result<void> flush() override {
        auto flushed = try_until_available(delivery_, target_, [&] { return sink_->flush(); });
        return flushed ? keep_refusals() : flushed;
    }

    std::string cursor() const override { return sink_->cursor(); }
    std::vector<MadeThing> take_made() override { return sink_->take_made(); }
    Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>& delivered) override {
        return sink_->unmake(thing, delivered);
    }
    Result<void> resume(const std::string& cursor) override {
        return try_until_available(delivery_, target_, [&] { return sink_->resume(cursor); });
    }

  protected:
    /// Writes `count` records, and where they are rejected finds out which of them are to blame and sets those aside.
    template <typename Records, typename One, typename Letter>
    Result<void> deliver(const std::string& stream, const Records& records, size_t count, const One& one_of,
                         const Letter& letter_of) {
        auto written = try_until_available(delivery_, target_, [&] { return sink_->write(stream, records); });
        if (!written && written.error().kind == ErrorKind::rejected) {
            if (count <= 1) return delivery_.dead_letters.keep(stream, letter_of(records), written.error().message);
            for (size_t i = 0; i < count; ++i)
                if (auto one = deliver(stream, one_of(i), 1, one_of, letter_of); !one) return one;
            return {};
        }
        return written ? keep_refusals() : written;
    }

    std::unique_ptr<Sink> sink_;

  private:
    Result<void> keep_refusals() {
        for (const Refusal& refusal : sink_->take_refusals()) {
            auto kept = delivery_.dead_letters.keep(refusal.stream, refusal.payload, refusal.reason);
            if (!kept) return kept;
        }
        return {};
    }

    Delivery delivery_;
    std::string target_;
};

class GuardedRecordSink final : public GuardedStreamSink<RecordSink> {
  public:
    using GuardedStreamSink::GuardedStreamSink;

    Result<void> open() override { return sink_->open(); }
    Result<void> write(const std::string& stream, const Payload& payload) override {
        return deliver(
            stream, payload, payload.ends.size(), [&](size_t i) { return record_at(payload, i); },
            [](const Payload& one) -> const Payload& { return one; });
    }
    bool takes_messages() const override { return sink_->takes_messages(); }
    void be_prompt() override { sink_->be_prompt(); }
    bool wants_keys() const override { return sink_->wants_keys(); }
    bool wants_identity() const override { return sink_->wants_identity(); }
};

class GuardedRowSink final : public GuardedStreamSink<RowSink> {
  public:
    using GuardedStreamSink::GuardedStreamSink;

    Result<void> open(const std::vector<std::shared_ptr<const Schema>>& schemas) override {
        return sink_->open(schemas);
    }
    Result<void> write(const std::string& stream, const Batch& rows) override {
        uint32_t place = 0;
        const auto one_of = [&](size_t i) {
            place = rows.order != nullptr ? rows.order[i] : static_cast<uint32_t>(i);
            Batch one = rows;
            one.order = &place;
            one.rows = 1;
            return one;
        };
        return deliver(stream, rows, rows.rows, one_of, [](const Batch& one) { return row_as_record(one, 0); });
    }
};

class GuardedObjectWriter final : public ObjectWriter {
  public:
    GuardedObjectWriter(std::unique_ptr<ObjectWriter> writer, const Delivery& delivery, std::string target)
        : writer_(std::move(writer)), delivery_(delivery), target_(std::move(target)) {}

    Result<void> write(std::string_view bytes) override {
        return try_until_available(delivery_, target_, [&] { return writer_->write(bytes); });
    }

    Result<ObjectReceipt> finish(const std::string& name) override {
        return get_when_available(delivery_, target_, [&] { return writer_->finish(name); });
    }

  private:
    std::unique_ptr<ObjectWriter> writer_;
    Delivery delivery_;
    std::string target_;
};

class GuardedObjectSink final : public ObjectSink {
  public:
    GuardedObjectSink(std::unique_ptr<ObjectSink> sink, const Delivery& delivery, std::string target)
        : sink_(std::move(sink)), delivery_(delivery), target_(std::move(target)) {}

    Result<void> open() override { return sink_->open(); }

    Result<std::unique_ptr<ObjectWriter>> create(const std::string& hint) override {
        auto writer = get_when_available(delivery_, target_, [&] { return sink_->create(hint); });
        if (!writer) return writer;
        return std::make_unique<GuardedObjectWriter>(std::move(*writer), delivery_, target_);
    }

    Result<void> flush() override {
        return try_until_available(delivery_, target_, [&] { return sink_->flush(); });
    }

    Result<std::vector<std::string>> recover(const std::string& prefix, const std::string& ending) override {
        return get_when_available(delivery_, target_, [&] { return sink_->recover(prefix, ending); });
    }

    Result<void> remove(const std::string& name) override {
        return try_until_available(delivery_, target_, [&] { return sink_->remove(name); });
    }

    Result<std::optional<std::string>> read(const std::string& name) override { return sink_->read(name); }
    std::vector<MadeThing> take_made() override { return sink_->take_made(); }
    Result<std::string> unmake(const MadeThing& thing) override { return sink_->unmake(thing); }

  private:
    std::unique_ptr<ObjectSink> sink_;
    Delivery delivery_;
    std::string target_;
};

}  // namespace

Result<void> DeadLetters::keep(const std::string& stream, const Payload& payload, const std::string& reason) {
    nlohmann::ordered_json line{{"stream", stream},
                                {"first_row", payload.first_row},
                                {"rows", payload.rows},
                                {"reason", reason},
                                {"payload", payload.bytes}};
    std::string text = spell_json(line) + "\n";
    std::lock_guard lock(mutex_);
    std::FILE* file = std::fopen(path_.c_str(), "ab");
    bool kept = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (file != nullptr) kept = std::fclose(file) == 0 && kept;
    if (!kept)
        return fail(ErrorKind::disk,
                    "Dead letters cannot be written (" + std::string(std::strerror(errno)) + "): " + path_);
    records_ += payload.rows;
    return {};
}

Result<void> DeadLetters::resume(uint64_t bytes, uint64_t records) {
    std::lock_guard lock(mutex_);
    records_ = records;
    std::error_code error;
    if (!std::filesystem::exists(path_, error) || std::filesystem::file_size(path_, error) <= bytes) return {};
    std::filesystem::resize_file(path_, bytes, error);
    if (error) return fail(ErrorKind::disk, "Dead letters cannot be cut (" + error.message() + "): " + path_);
    return {};
}

uint64_t DeadLetters::bytes() const {
    std::lock_guard lock(mutex_);
    std::error_code error;
    uint64_t bytes = std::filesystem::file_size(path_, error);
    return error ? 0 : bytes;
}

uint64_t DeadLetters::records() const {
    std::lock_guard lock(mutex_);
    return records_;
}

Result<void> try_until_available(const Delivery& delivery, const std::string& target,
                                 const std::function<Result<void>()>& attempt) {
    bool has_failed = false;
    for (int64_t pause = first_pause_us;; pause = std::min(2 * pause, longest_pause_us)) {
        auto result = attempt();
        const bool is_away = !result && result.error().kind == ErrorKind::unavailable;
        if (is_away && delivery.outages != nullptr)
            delivery.outages->failed(target, result.error().message, !std::exchange(has_failed, true));
        if (!is_away || is_given_up(delivery)) {
            if (has_failed) delivery.outages->ended(target);
            return result;
        }
        static const StopToken never;
        const bool is_stopping = delivery.stop.requested();
        if (is_stopping) pause = first_pause_us;
        delivery.time.wait(delivery.time.elapsed() + pause, is_stopping ? never : delivery.stop);
    }
}

std::unique_ptr<RecordSink> guard(std::unique_ptr<RecordSink> sink, const Delivery& delivery,
                                  const std::string& target) {
    return std::make_unique<GuardedRecordSink>(std::move(sink), delivery, target);
}

std::unique_ptr<RowSink> guard(std::unique_ptr<RowSink> sink, const Delivery& delivery, const std::string& target) {
    return std::make_unique<GuardedRowSink>(std::move(sink), delivery, target);
}

std::unique_ptr<ObjectSink> guard(std::unique_ptr<ObjectSink> sink, const Delivery& delivery,
                                  const std::string& target) {
    return std::make_unique<GuardedObjectSink>(std::move(sink), delivery, target);
}

}  // namespace headwater
