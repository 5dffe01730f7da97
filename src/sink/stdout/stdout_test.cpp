// For claims about records on a descriptor: all bytes, in order, and clear ends.
#include "sink/stdout/stdout.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace headwater {
namespace {

Payload payload_of(std::string bytes) {
    Payload payload;
    payload.ends = {static_cast<uint32_t>(bytes.size())};
    payload.bytes = std::move(bytes);
    payload.rows = 1;
    return payload;
}

/// Gives SIGPIPE its old meaning back at the end of a test.
struct KeepSignals {
    void (*before)(int) = std::signal(SIGPIPE, SIG_DFL);
    ~KeepSignals() { std::signal(SIGPIPE, before); }
};

}  // namespace

TEST_SUITE("sink/stdout") {
    TEST_CASE("a slow reader of a pipe that does not block gets every byte in order") {
        const KeepSignals keep;
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        REQUIRE(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
        std::string expected;
        for (int i = 0; i < 50'000; ++i) expected += std::to_string(i) + "\n";
        std::string got;
        std::thread reader([&] {
            char buffer[4096];
            for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
                got.append(buffer, static_cast<size_t>(n));
        });
        auto sink = make_descriptor_sink(ends[1], "pipe");
        CHECK(sink->open());
        CHECK(sink->write("a.b", payload_of(expected.substr(0, 100'000))));
        CHECK(sink->write("a.b", payload_of(expected.substr(100'000))));
        CHECK(sink->flush());
        sink.reset();
        ::close(ends[1]);
        reader.join();
        ::close(ends[0]);
        CHECK(got == expected);
    }

    TEST_CASE(
        "a pipe that nobody reads gives way to a stop, and what is left of a payload follows when it comes again") {
        const KeepSignals keep;
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        auto sink = make_descriptor_sink(ends[1], "pipe", [] { return true; });
        REQUIRE(sink->open());
        const std::string bytes(1 << 20, 'x');
        const auto written = sink->write("a.b", payload_of(bytes));
        REQUIRE_FALSE(written);
        CHECK(written.error().kind == ErrorKind::unavailable);
        CHECK((::fcntl(ends[1], F_GETFL) & O_NONBLOCK) == 0);  // who shares the pipe is not disturbed
        size_t got = 0;
        std::thread reader([&] {
            char buffer[4096];
            for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) got += static_cast<size_t>(n);
        });
        while (!sink->write("a.b", payload_of(bytes))) continue;
        sink.reset();
        ::close(ends[1]);
        reader.join();
        ::close(ends[0]);
        CHECK(got == bytes.size());
    }

    TEST_CASE("a reader who left ends the run with an error, not with a signal") {
        const KeepSignals keep;
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        ::close(ends[0]);
        const auto sink = make_descriptor_sink(ends[1], "pipe");
        REQUIRE(sink->open());
        const auto written = sink->write("a.b", payload_of("x\n"));
        ::close(ends[1]);
        REQUIRE_FALSE(written);
        CHECK(written.error().kind == ErrorKind::closed);
        CHECK(written.error().message == "Standard output was closed");
    }

    TEST_CASE("a full device is a disk error that says what to do") {
        const KeepSignals keep;
        const int full = ::open("/dev/full", O_WRONLY);
        if (full < 0) return;
        const auto sink = make_descriptor_sink(full, "standard output");
        REQUIRE(sink->open());
        const auto written = sink->write("a.b", payload_of("x\n"));
        ::close(full);
        REQUIRE_FALSE(written);
        CHECK(written.error().kind == ErrorKind::disk);
        CHECK(written.error().message ==
              "Cannot write: No space left on device; free some space, or choose another folder: standard output");
    }
}

}  // namespace headwater
