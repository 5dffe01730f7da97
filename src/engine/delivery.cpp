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

#include "engine/parcel.h"

namespace headwater {

namespace {

constexpr int64_t first_pause_us = 50'000;
constexpr int64_t longest_pause_us = 5'000'000;

class GuardedRecordSink final : public RecordSink {
  public:
    GuardedRecordSink(std::unique_ptr<RecordSink> sink, const Delivery& delivery, std::string target)
        : sink_(std::move(sink)), delivery_(delivery), target_(std::move(target)) {}

    Result<void> open() override { return sink_->open(); }

    Result<void> write(const std::string& stream, const Payload& payload) override {
        auto written = attempt(stream, payload);
        if (!written && written.error().kind == ErrorKind::rejected)
            written = write_each(stream, payload, written.error());
        return written ? keep_refusals() : written;
    }

    Result<void> flush() override {
        auto flushed = try_until_available(delivery_, target_, [&] { return sink_->flush(); });
        return flushed ? keep_refusals() : flushed;
    }

    bool takes_messages() const override { return sink_->takes_messages(); }
    bool wants_keys() const override { return sink_->wants_keys(); }
    bool wants_identity() const override { return sink_->wants_identity(); }
    std::string cursor() const override { return sink_->cursor(); }
    std::vector<MadeThing> take_made() override { return sink_->take_made(); }
    Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>& delivered) override {
        return sink_->unmake(thing, delivered);
    }
    Result<void> resume(const std::string& cursor) override {
        return try_until_available(delivery_, target_, [&] { return sink_->resume(cursor); });
    }

  private:
    Result<void> attempt(const std::string& stream, const Payload& payload) {
        return try_until_available(delivery_, target_, [&] { return sink_->write(stream, payload); });
    }

    /// Finds out which records of a rejected payload are to blame and sets those aside.
    Result<void> write_each(const std::string& stream, const Payload& payload, const Error& rejection) {
        if (payload.ends.size() <= 1) return delivery_.dead_letters.keep(stream, payload, rejection.message);
        for (size_t i = 0; i < payload.ends.size(); ++i) {
            Payload one = record_at(payload, i);
            auto written = attempt(stream, one);
            if (!written && written.error().kind == ErrorKind::rejected)
                written = delivery_.dead_letters.keep(stream, one, written.error().message);
            if (!written) return written;
        }
        return {};
    }

    Result<void> keep_refusals() {
        for (const Refusal& refusal : sink_->take_refusals()) {
            auto kept = delivery_.dead_letters.keep(refusal.stream, refusal.payload, refusal.reason);
            if (!kept) return kept;
        }
        return {};
    }

    std::unique_ptr<RecordSink> sink_;
    Delivery delivery_;
    std::string target_;
};

class GuardedObjectWriter final : public ObjectWriter {
  public:
    GuardedObjectWriter(std::unique_ptr<ObjectWriter> writer, const Delivery& delivery, std::string target)
        : writer_(std::move(writer)), delivery_(delivery), target_(std::move(target)) {}

    Result<void> write(std::string_view bytes) override {
        return try_until_available(delivery_, target_, [&] { return writer_->write(bytes); });
    }

    Result<ObjectReceipt> finish(const std::string& name) override {
        ObjectReceipt receipt;
        auto finished = try_until_available(delivery_, target_, [&]() -> Result<void> {
            auto attempt = writer_->finish(name);
            if (!attempt) return std::unexpected(attempt.error());
            receipt = std::move(*attempt);
            return {};
        });
        if (!finished) return std::unexpected(finished.error());
        return receipt;
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
        std::unique_ptr<ObjectWriter> writer;
        auto created = try_until_available(delivery_, target_, [&]() -> Result<void> {
            auto attempt = sink_->create(hint);
            if (!attempt) return std::unexpected(attempt.error());
            writer = std::move(*attempt);
            return {};
        });
        if (!created) return std::unexpected(created.error());
        return std::make_unique<GuardedObjectWriter>(std::move(writer), delivery_, target_);
    }

    Result<void> flush() override {
        return try_until_available(delivery_, target_, [&] { return sink_->flush(); });
    }

    Result<std::vector<std::string>> recover(const std::string& prefix, const std::string& ending) override {
        std::vector<std::string> names;
        auto found = try_until_available(delivery_, target_, [&]() -> Result<void> {
            auto attempt = sink_->recover(prefix, ending);
            if (!attempt) return std::unexpected(attempt.error());
            names = std::move(*attempt);
            return {};
        });
        if (!found) return std::unexpected(found.error());
        return names;
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
    std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
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
        if (!is_away || delivery.stop.requested()) {
            if (has_failed) delivery.outages->ended(target);
            return result;
        }
        delivery.time.wait(delivery.time.elapsed() + pause, delivery.stop);
    }
}

std::unique_ptr<RecordSink> guard(std::unique_ptr<RecordSink> sink, const Delivery& delivery,
                                  const std::string& target) {
    return std::make_unique<GuardedRecordSink>(std::move(sink), delivery, target);
}

std::unique_ptr<ObjectSink> guard(std::unique_ptr<ObjectSink> sink, const Delivery& delivery,
                                  const std::string& target) {
    return std::make_unique<GuardedObjectSink>(std::move(sink), delivery, target);
}

}  // namespace headwater
