// For the text of a manifest, whole: its keys, their order, and what is null.
#include "engine/manifest.h"

#include <doctest/doctest.h>

#include "engine/fakes.h"

using namespace headwater;

namespace {

constexpr const char* golden = R"({
  "tool": "headwater",
  "version": "0.1.0",
  "run": "0123456789ab",
  "state": "stopped",
  "scenario": "first-week",
  "seed": 7,
  "start": "1970-01-01T00:00:00Z",
  "until": null,
  "reached": "1970-01-01T00:00:01.500Z",
  "part": 1,
  "parts": 4,
  "packs": [
    {
      "name": "pack",
      "version": "1.2",
      "digest": "abc",
      "parameters": {
        "users": "9000",
        "baseline": "0.1%"
      }
    }
  ],
  "streams": [
    {
      "name": "pack.a",
      "key": "n",
      "rows": 3,
      "first_row": 10,
      "last_row": 12,
      "min_time": "1970-01-01T00:00:00Z",
      "max_time": "1970-01-01T00:00:01Z",
      "ended": "stopped",
      "exhausted": false,
      "objects": [
        {
          "name": "pack.a/aggregated_10-12-0123456789ab.json",
          "stream": "pack.a",
          "format": "json",
          "compression": "none",
          "rows": 3,
          "bytes": 99,
          "sha256": "d1",
          "first_row": 10,
          "last_row": 12,
          "min_time": "1970-01-01T00:00:00Z",
          "max_time": "1970-01-01T00:00:01Z"
        }
      ]
    },
    {
      "name": "pack.b",
      "key": "n",
      "rows": 0,
      "first_row": null,
      "last_row": null,
      "min_time": null,
      "max_time": null,
      "ended": "exhausted",
      "exhausted": true,
      "objects": []
    }
  ],
  "answer_key": null,
  "command": "headwater run pack --seed 7"
}
)";

Plan sample_plan() {
    Plan plan = fakes::plan_of({{"a"}, {"b"}}, "objects:root");
    plan.scenario = "first-week";
    plan.seed = 7;
    plan.packs = {{"pack", "1.2", "built-in:pack.yaml", "abc", {{"users", "9000"}, {"baseline", "0.1%"}}}};
    return plan;
}

}  // namespace

TEST_CASE("a manifest has its keys in a fixed order and null where there is nothing") {
    ManifestContent content{.version = "0.1.0", .run = "0123456789ab", .command = "headwater run pack --seed 7"};
    content.state = RunState::stopped;
    content.reached = 1'500'000;
    content.part = 1;
    content.parts = 4;
    ObjectEntry object{
        "pack.a/aggregated_10-12-0123456789ab.json", "pack.a", "json", "none", 3, 99, 99, "d1", 10, 12, 0, 1'000'000};
    content.streams = {{0, Tally{3, 99, 10, 12, 0, 1'000'000}, "stopped", {object}}, {1, Tally{}, "exhausted", {}}};
    CHECK(manifest_text(sample_plan(), content) == golden);
}

TEST_CASE("manifests of parts do not overwrite each other") {
    CHECK(manifest_name(0, 1) == "manifest.json");
    CHECK(manifest_name(2, 8) == "manifest-2-of-8.json");
}

TEST_CASE("a run is named after what it makes, not after where it goes") {
    Plan plan = sample_plan(), other = sample_plan();
    other.outputs[0].to = "objects:elsewhere";
    other.counts = {{0, 5}};
    CHECK(run_id_of(plan).size() == 12);
    CHECK(run_id_of(plan) == run_id_of(other));
    other.seed = 8;
    CHECK(run_id_of(plan) != run_id_of(other));
    other = sample_plan();
    other.packs[0].parameters[0].second = "9001";
    CHECK(run_id_of(plan) != run_id_of(other));
}
