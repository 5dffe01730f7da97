#include "service/store.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

using namespace headwater;

namespace {

/// A folder of its own for each test.
struct Folder {
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("headwater-store-" + std::to_string(getpid()));
    std::string file() const { return (path / "runs.db").string(); }
};

/// A store in a database of its own.
struct OpenStore {
    explicit OpenStore(const Folder& folder)
        : database(std::move(*Database::open(folder.file()))), store(std::move(*Store::open(*database))) {}
    Store* operator->() const { return store.get(); }
    std::unique_ptr<Database> database;
    std::unique_ptr<Store> store;
};

StoredRun run_called(const std::string& id) {
    StoredRun run{.id = id, .is_emulation = true, .key_field = "user_id", .name = "n", .scenario = "packs: {}"};
    run.request = "{}";
    run.plan = "p";
    run.seed = UINT64_MAX;
    run.real_limit_us = 7;
    run.created = 100;
    run.counts.streams = {{"a.b", 5, {"discard:"}}};
    return run;
}

}  // namespace

TEST_CASE("a run comes back from the store as it went in, also after a restart") {
    Folder folder;
    {
        const OpenStore store(folder);
        StoredRun run = run_called("one");
        REQUIRE(store->add(run, "", ""));
        CHECK(run.number == 1);
        run.state = LifeState::failed;
        run.reason = "it's \"bad\"";
        run.is_stop_asked = true;
        run.counts.records = 9;
        run.counts.limited_by = "cpu";
        REQUIRE(store->update(run, true));
        REQUIRE(store->keep_manifest("one", "{}"));
    }
    const OpenStore store(folder);
    const auto found = *store->find("one");
    REQUIRE(found);
    CHECK(found->state == LifeState::failed);
    CHECK(found->reason == "it's \"bad\"");
    CHECK(found->seed == UINT64_MAX);
    CHECK(found->is_emulation);
    CHECK(found->is_stop_asked);
    CHECK(found->key_field == "user_id");
    CHECK(found->real_limit_us == 7);
    CHECK(found->counts.records == 9);
    REQUIRE(found->counts.streams.size() == 1);
    CHECK(found->counts.streams[0].name == "a.b");
    CHECK(found->counts.streams[0].records == 5);
    CHECK(found->counts.streams[0].outputs == std::vector<std::string>{"discard:"});
    CHECK(*store->manifest("one") == "{}");
    CHECK(!*store->find("two"));
}

TEST_CASE("lists come in pages, the youngest first; what is not over comes oldest first") {
    Folder folder;
    const OpenStore store(folder);
    for (int i = 1; i <= 5; ++i) {
        StoredRun run = run_called(std::to_string(i));
        if (i == 2) run.state = LifeState::completed;
        if (i == 3) run.state = LifeState::running;
        REQUIRE(store->add(run, "", ""));
    }
    auto ids = [](const std::vector<StoredRun>& runs) {
        std::string text;
        for (const StoredRun& run : runs) text += run.id;
        return text;
    };
    const auto first = *store->list(0, 2, {}, {});
    CHECK(ids(first.runs) == "54");
    const auto second = *store->list(first.next, 3, {}, {});
    CHECK(ids(second.runs) == "321");
    CHECK(second.next == 0);
    CHECK(ids(*store->unfinished()) == "1345");
}

TEST_CASE("a key stands for its run until it is too old") {
    Folder folder;
    const OpenStore store(folder);
    StoredRun run = run_called("one");
    REQUIRE(store->add(run, "key", "digest"));
    REQUIRE(*store->use_of("key", 100));
    CHECK((*store->use_of("key", 100))->run == "one");
    CHECK((*store->use_of("key", 100))->digest == "digest");
    CHECK(!*store->use_of("other", 100));
    CHECK(!*store->use_of("key", 101));
    StoredRun again = run_called("one");
    CHECK(!store->add(again, "second", ""));
    CHECK(!*store->use_of("second", 0));
}
