// For the claims about what a summary tells.
#include "app/summary.h"

#include <doctest/doctest.h>

#include "app/console.h"

using namespace headwater;

TEST_CASE("a query reads all objects of a stream, whatever the layout") {
    ObjectEntry object{.name = "transactions/aggregated_0-9-ab.json.zst", .format = "json", .compression = "zstd"};
    CHECK(query_of("out", object) == "select * from read_json('out/transactions/*.json.zst') limit 5");
    CHECK(query_of("out", object, "ab") == "select * from read_json('out/transactions/*-ab.json.zst') limit 5");
    object = {
        .name = "transactions/dt=2026-11-01/transactions-0-9-ab.parquet", .format = "parquet", .compression = "lz4"};
    CHECK(query_of("out", object) == "select * from read_parquet('out/transactions/**/*.parquet') limit 5");
    CHECK(query_of("out", object, "ab") == "select * from read_parquet('out/transactions/**/*-ab.parquet') limit 5");
    object = {.name = "a/b.csv.lz4", .format = "csv", .compression = "lz4"};
    CHECK(query_of("out", object).empty());
}

TEST_CASE("a summary names streams, endings, manifest and the command") {
    Plan plan;
    plan.scenario = "payments";
    plan.streams = {{.pack = "payments", .name = "transactions"}};
    RunSummary summary;
    summary.run = "ab";
    summary.command = "headwater run payments --seed 42";
    summary.limited_by = "sink file";
    summary.progress.records = 1'000'000;
    summary.progress.elapsed_us = 500'000;
    summary.manifests = {"out/manifest.json"};
    summary.streams = {{0, Tally{1'000'000, 3 << 20, 0, 999'999, 0, 0}, "count reached", {}}};
    CHECK(summary_text(plan, summary) ==
          "payments: seed 42, from 1970-01-01T00:00:00Z, run ab, completed\n"
          "  payments.transactions  1,000,000 records  3.0 MiB  count reached\n"
          "  0.500 s, 2,000,000 records/s, 0 B/s, limited by sink file\n"
          "  manifest    out/manifest.json\n"
          "  again       headwater run payments --seed 42\n");
}

TEST_CASE("a summary tells which streams stayed empty and who is alive in which phase") {
    Plan plan;
    plan.streams = {{.pack = "p", .name = "parts"}, {.pack = "p", .name = "warnings"}};
    RunSummary summary;
    summary.streams = {{0, Tally{1'000, 3 << 10, 0, 999, 0, 0}, "count reached", {}}, {1, Tally{}, "exhausted", {}}};
    summary.alive = {{"machine", "running", 1'250}, {"machine", "broken", 2}, {"order", "", 7}};
    const std::string text = summary_text(plan, summary);
    CHECK(text.find("  empty       p.warnings\n") != std::string::npos);
    CHECK(text.find("  alive       machine 1,250 running, 2 broken; order 7\n") != std::string::npos);
}

TEST_CASE("the progress line says how far, how fast and how late") {
    Progress progress{.records = 12'345, .bytes = 1 << 20, .lag_us = 1'500'000, .share = 0.25, .instant = 61'000'000};
    CHECK(progress_line(progress, 5000) ==
          "25 %  12,345 records  5,000/s  1.0 MiB  at 1970-01-01T00:01:01Z  1s 500ms behind");
}
