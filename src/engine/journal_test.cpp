// For claims about the journal: what was durable is read back, whatever happens to one of its copies.
#include "engine/journal.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/temporary_folder.h"

using namespace headwater;
namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

/// Gives the checkpoint number `i`: every value in it differs from those of the others.
Checkpoint checkpoint(int64_t i) {
    Checkpoint one;
    one.reached = {1'000'000 * i, i % 2 == 0};
    one.windows = {{1'000'000 * i - 500'000, true}, {1'000'000 * i, i % 2 == 0}};
    one.real_us = 7 * i;
    one.dead_letter_bytes = static_cast<uint64_t>(11 * i);
    one.dead_letters = static_cast<uint64_t>(i);
    LaneState lane;
    lane.marks[3] = {100 * i, i};
    lane.tallies[3] = {100 * i, static_cast<uint64_t>(1000 * i), 0, 100 * i - 1, -i, i};
    lane.cursor = "{\"topic\":{\"0\":" + std::to_string(i) + "}}\n";
    lane.rows = 90 * i;
    lane.ends = {{20'000, 95 * i}};
    ObjectEntry entry{.name = "o/" + std::to_string(i) + ".json", .stream = "pack.o", .format = "json"};
    entry.rows = 10;
    entry.first_row = 10 * i;
    lane.entries = {entry};
    one.lanes = {lane};
    return one;
}

/// Checks that `all` is what a journal with checkpoints 0 .. last tells.
void check_is(const Checkpoint& all, int64_t last) {
    Checkpoint newest = checkpoint(last);
    newest.sequence = last;
    newest.is_whole = true;
    newest.windows.clear();
    newest.lanes[0].entries.clear();
    for (int64_t i = 0; i <= last; ++i) {
        Checkpoint one = checkpoint(i);
        newest.windows.insert(newest.windows.end(), one.windows.begin(), one.windows.end());
        newest.lanes[0].entries.push_back(one.lanes[0].entries[0]);
    }
    CHECK(checkpoint_text(all) == checkpoint_text(newest));
}

/// Writes a journal of `count` checkpoints.
void write_journal(const fs::path& folder, int64_t count) {
    Journal journal(folder);
    REQUIRE(journal.begin(checkpoint(0)));
    for (int64_t i = 1; i < count; ++i) REQUIRE(journal.append(checkpoint(i)));
}

}  // namespace

TEST_CASE("a journal gives back everything that was kept, as one checkpoint") {
    TemporaryFolder folder;
    CHECK(!*Journal(folder.path()).read());
    for (int64_t count : {1, 2, 9}) {
        write_journal(folder.path(), count);
        auto read = Journal(folder.path()).read();
        REQUIRE((read && *read));
        check_is(**read, count - 1);
    }
}

TEST_CASE("a journal that is begun again from what was read goes on") {
    TemporaryFolder folder;
    write_journal(folder.path(), 3);
    Journal journal(folder.path());
    auto read = journal.read();
    REQUIRE(journal.begin(**read));
    REQUIRE(journal.append(checkpoint(3)));
    check_is(**Journal(folder.path()).read(), 3);
}

TEST_CASE("a journal does not grow without end: it is written anew with what still counts") {
    TemporaryFolder folder;
    Journal journal(folder.path());
    Checkpoint fat = checkpoint(0);
    fat.lanes[0].cursor = std::string(1 << 20, 'x');
    REQUIRE(journal.begin(checkpoint(0)));
    for (int64_t i = 1; i < 40; ++i) {
        fat.reached.to = i;
        REQUIRE(journal.append(fat));
    }
    CHECK(fs::file_size(folder.path() / "journal-0") < 10 << 20);
    auto read = Journal(folder.path()).read();
    CHECK((*read)->reached.to == 39);
    CHECK((*read)->sequence == 39);
    CHECK((*read)->lanes[0].entries.size() == 40);
}

TEST_CASE("one copy with any byte changed, or cut at any length, loses nothing") {
    TemporaryFolder folder;
    write_journal(folder.path(), 4);
    for (const char* name : {"journal-0", "journal-1"}) {
        const std::string whole = read_file(folder.path() / name);
        for (size_t at = 0; at < whole.size(); ++at) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
            write_file(folder.path() / name, damaged);
            check_is(**Journal(folder.path()).read(), 3);
            write_file(folder.path() / name, whole.substr(0, at));
            check_is(**Journal(folder.path()).read(), 3);
        }
        write_file(folder.path() / name, whole);
    }
}

TEST_CASE("both copies damaged at the same place lose what came after it, and never lie") {
    TemporaryFolder folder;
    write_journal(folder.path(), 4);
    const std::string whole = read_file(folder.path() / "journal-0");
    const size_t last = whole.rfind("\n\n");
    for (size_t at = 0; at < whole.size(); ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
        for (const std::string& text : {damaged, whole.substr(0, at)}) {
            for (const char* name : {"journal-0", "journal-1"}) write_file(folder.path() / name, text);
            auto read = Journal(folder.path()).read();
            REQUIRE(read);
            if (at > last + 1) REQUIRE((*read)->sequence >= 2);  // one record of progress at most
            if (*read) check_is(**read, (*read)->sequence);
        }
    }
}

TEST_CASE("a run that begins anew is not taken for the one before it") {
    TemporaryFolder folder;
    write_journal(folder.path(), 5);
    const std::string old = read_file(folder.path() / "journal-1");
    Journal journal(folder.path());
    REQUIRE(journal.begin(checkpoint(0)));
    check_is(**Journal(folder.path()).read(), 0);
    CHECK(old != read_file(folder.path() / "journal-1"));
}
