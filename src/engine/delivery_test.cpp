// For the claims about the retry policy.
#include "engine/delivery.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/temporary_folder.h"
#include "engine/fakes.h"

using namespace headwater;

namespace {

/// A sink that answers as told, one answer after the other, then accepts.
class ToldSink final : public RecordSink {
  public:
    explicit ToldSink(std::vector<ErrorKind> answers) : answers_(std::move(answers)) {}
    Result<void> open() override { return {}; }
    Result<void> write(const std::string&, const Payload&) override {
        if (next_ == answers_.size()) return {};
        return fail(answers_[next_++], "Record is too large: 9 MiB");
    }
    Result<void> flush() override { return {}; }

  private:
    std::vector<ErrorKind> answers_;
    size_t next_ = 0;
};

Payload payload_of(const std::string& text) {
    Payload payload;
    payload.bytes = text;
    payload.ends = {static_cast<uint32_t>(text.size())};
    payload.rows = 1;
    payload.first_row = 17;
    return payload;
}

}  // namespace

TEST_CASE("an unavailable target is tried again after growing pauses") {
    fakes::SteppedTime time;
    StopToken stop;
    DeadLetters letters("unused");
    auto sink = guard(std::make_unique<ToldSink>(std::vector(9, ErrorKind::unavailable)), {time, stop, letters});
    CHECK(sink->write("pack.a", payload_of("x")));
    CHECK(time.elapsed() == 50'000 * (1 + 2 + 4 + 8 + 16 + 32 + 64) + 2 * 5'000'000);
}

TEST_CASE("a stop ends the trying and gives the last error") {
    fakes::SteppedTime time;
    StopToken stop;
    DeadLetters letters("unused");
    auto sink = guard(std::make_unique<ToldSink>(std::vector(99, ErrorKind::unavailable)), {time, stop, letters});
    time.on_wait = [&] { stop.request(); };
    auto written = sink->write("pack.a", payload_of("x"));
    REQUIRE(!written);
    CHECK(written.error().kind == ErrorKind::unavailable);
}

TEST_CASE("what a target refuses is kept with the reason, and the run goes on") {
    auto path = std::filesystem::temp_directory_path() / "headwater-delivery-test.jsonl";
    std::filesystem::remove(path);
    fakes::SteppedTime time;
    StopToken stop;
    DeadLetters letters(path.string());
    auto sink = guard(std::make_unique<ToldSink>(std::vector{ErrorKind::rejected}), {time, stop, letters});
    CHECK(sink->write("pack.a", payload_of("{\"n\":1}\n")));
    CHECK(sink->write("pack.a", payload_of("{\"n\":2}\n")));
    CHECK(letters.records() == 1);
    std::ifstream file(path);
    std::string line;
    REQUIRE(std::getline(file, line));
    auto letter = nlohmann::json::parse(line);
    CHECK(letter["stream"] == "pack.a");
    CHECK(letter["first_row"] == 17);
    CHECK(letter["reason"] == "Record is too large: 9 MiB");
    CHECK(letter["payload"] == "{\"n\":1}\n");
    CHECK(!std::getline(file, line));
    std::filesystem::remove(path);
}

TEST_CASE("what cannot be fails the run at once") {
    fakes::SteppedTime time;
    StopToken stop;
    DeadLetters letters("unused");
    auto sink = guard(std::make_unique<ToldSink>(std::vector{ErrorKind::invalid}), {time, stop, letters});
    CHECK(!sink->write("pack.a", payload_of("x")));
    CHECK(time.elapsed() == 0);
}

TEST_CASE("of a rejected payload only the records that are to blame are set aside") {
    /// Refuses records of one byte; of several records at once none is taken.
    class Picky final : public RecordSink {
      public:
        explicit Picky(std::string& taken) : taken_(taken) {}
        Result<void> open() override { return {}; }
        Result<void> write(const std::string&, const Payload& payload) override {
            uint32_t begin = 0;
            for (uint32_t end : payload.ends) {
                if (end - begin == 1) return fail(ErrorKind::rejected, "Record is too small: 1 byte");
                begin = end;
            }
            taken_ += payload.bytes;
            return {};
        }
        Result<void> flush() override { return {}; }

      private:
        std::string& taken_;
    };
    std::string path = std::filesystem::temp_directory_path() / "headwater-delivery-test-each.jsonl";
    std::filesystem::remove(path);
    fakes::SteppedTime time;
    StopToken stop;
    DeadLetters letters(path);
    std::string taken;
    auto sink = guard(std::make_unique<Picky>(taken), {time, stop, letters});
    Payload payload;
    payload.bytes = "aabccd";
    payload.ends = {2, 3, 5, 6};
    payload.numbers = {7, 9, 11, 13};
    payload.rows = 4;
    CHECK(sink->write("pack.a", payload));
    CHECK(taken == "aacc");
    CHECK(letters.records() == 2);
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    CHECK(nlohmann::json::parse(line)["first_row"] == 9);
    std::getline(file, line);
    CHECK(nlohmann::json::parse(line)["payload"] == "d");
    std::filesystem::remove(path);
}

TEST_CASE("of a rejected batch only the rows that are to blame are set aside, as JSON with their numbers") {
    /// Refuses odd numbers; of several rows at once none is taken.
    class Picky final : public RowSink {
      public:
        explicit Picky(std::vector<int64_t>& taken) : taken_(taken) {}
        Result<void> open(const std::vector<std::shared_ptr<const Schema>>&) override { return {}; }
        Result<void> write(const std::string&, const Batch& rows) override {
            const auto* numbers = static_cast<const int64_t*>(rows.slots[0].values);
            const auto number = [&](uint32_t i) { return numbers[rows.order != nullptr ? rows.order[i] : i]; };
            for (uint32_t i = 0; i < rows.rows; ++i)
                if (number(i) % 2 != 0) return fail(ErrorKind::rejected, "23514 odd: " + std::to_string(number(i)));
            for (uint32_t i = 0; i < rows.rows; ++i) taken_.push_back(number(i));
            return {};
        }
        Result<void> flush() override { return {}; }

      private:
        std::vector<int64_t>& taken_;
    };
    const TemporaryFolder folder;
    const std::string path = folder.path() / "letters";
    fakes::SteppedTime time;
    StopToken stop;
    DeadLetters letters(path);
    std::vector<int64_t> taken;
    auto sink = guard(std::make_unique<Picky>(taken), {time, stop, letters});
    const fakes::FakeFlatPlan plan({"a"});
    const std::vector<int64_t> numbers{2, 3, 4, 5};
    const std::vector<uint32_t> order{3, 2, 0};
    Batch batch{.schema = plan.schemas()[0], .rows = 3, .slots = {{numbers.data(), nullptr, nullptr, 4}}};
    batch.order = order.data();
    batch.first_row = 100;
    REQUIRE(sink->write("pack.a", batch));
    CHECK(taken == std::vector<int64_t>{4, 2});
    CHECK(letters.records() == 1);
    std::ifstream file(path);
    std::string line;
    REQUIRE(std::getline(file, line));
    const auto letter = nlohmann::json::parse(line);
    CHECK(letter["stream"] == "pack.a");
    CHECK(letter["first_row"] == 103);
    CHECK(letter["reason"] == "23514 odd: 5");
    CHECK(letter["payload"] == R"({"n":5})");
}
