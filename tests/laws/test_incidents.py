"""For the promises about incidents: nothing changes but what they set, the same records whatever the threads, parts and
windows, a manifest whose command makes them again, and an answer key that names each record made under one."""
import json
import math
import shlex

import pytest

from poured import json_rows, manifest, paths, sha256

PACK = """pack: town
parameters:
  visits: {type: rate, default: 2/s}
  slow: {type: duration, default: 200ms}
  failing: {type: share, default: 2%}
  silence: {type: duration, default: 5h}
entities:
  sensor:
    count: 60
    attributes: {site: '=if number <= 20 then "oslo" else "porto"'}
    state: {made: 0}
    lifecycle:
      online:
        every: 50s..70s
        do: [{set: {made: =made + 1}, emit: beats}]
        leave: [{to: silent, rate: =1 / silence}]
      silent: {enter: [{emit: silences}], leave: [{to: online, after: 5min..10min}]}
streams:
  beats: {from: sensor, fields: {sensor: =number, site: =site, made: =made, at: =time}}
  silences: {from: sensor, fields: {sensor: =number, site: =site, at: =time}}
  views:
    rate: =visits
    key: id
    fields: {id: =number, page: '=pick("home", "shop")', failed: =chance(failing), at: =time}
  logs: {follows: views, after: "=min(slow, 10s)", fields: {id: =views.id, at: =time}}
incidents:
  gateway_down: {set: {silence: 10min}, where: site == "oslo", for: 2h}
  sale: {set: {visits: =visits * 5}, for: 30min}
  outage: {set: {failing: 50%}, where: page == "shop", for: 1h}
  jam: {set: {slow: 8s}, for: 20min}
"""
SCENARIO = """scenario: day
packs: {town: {}}
clock: {start: 2026-11-02T00:00:00Z, until: 2026-11-02T06:00:00Z}
incidents:
  - {run: gateway_down, at: 1h}
  - {run: town.sale, at: 1h..3h, times: 2}
  - {run: outage, at: 2026-11-02T02:00:00Z}
  - {run: jam, at: 10min, every: 1h, times: 3}
outputs: [{to: "file:out", format: json}]
answer_key: {to: "file:key"}
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Gives a folder with the pack and a scenario of it."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "town.yaml").write_text(PACK, encoding="utf-8")
    (folder / "day.yaml").write_text(SCENARIO, encoding="utf-8")
    return folder


def pour(headwater, town, folder, *words, what="day.yaml"):
    headwater("run", town / what, "--quiet", *words, "--to", f"file:{folder}/out", "--answer-key", f"file:{folder}/key")
    return folder / "out"


@pytest.fixture(scope="module")
def day(headwater, town, tmp_path_factory):
    return pour(headwater, town, tmp_path_factory.mktemp("day"))


def digests(folder):
    return {(entry["name"], item["name"]): item["sha256"] for entry in manifest(folder)["streams"] for item in entry["objects"]}


def rows(folder, stream):
    return json_rows(folder, stream)


def is_near(count, expected):
    return abs(count - expected) <= 4 * math.sqrt(expected)


def windows(folder, name):
    """Gives when an incident was on, in seconds of the day."""
    def seconds(instant):
        hours, minutes, rest = instant.split("T")[1].rstrip("Z").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(rest)
    return [(seconds(one["from"]), seconds(one["until"])) for one in manifest(folder)["incidents"] if one["name"] == name]


def second(row):
    hours, minutes, rest = row["at"].split("T")[1].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def is_on(row, ranges):
    return any(begin <= second(row) < end for begin, end in ranges)


def test_the_manifest_tells_when_each_incident_was_on(day):
    assert windows(day, "town.gateway_down") == [(3600, 3 * 3600)]
    assert windows(day, "town.outage") == [(7200, 10800)]
    assert windows(day, "town.jam") == [(600, 1800), (4200, 5400), (7800, 9000)]
    sales = windows(day, "town.sale")
    assert all(3600 <= begin <= 3 * 3600 for begin, _ in sales) and len(sales) in (1, 2)


def test_rates_and_shares_are_as_set_before_during_and_after(day):
    sales, outages = windows(day, "town.sale"), windows(day, "town.outage")
    views = rows(day, "views")
    during = [row for row in views if is_on(row, sales)]
    length = sum(end - begin for begin, end in sales)
    assert is_near(len(during), 10 * length)
    assert is_near(len(views) - len(during), 2 * (6 * 3600 - length))
    for page, expected in (("shop", 0.5), ("home", 0.02)):
        struck = [row for row in views if row["page"] == page and is_on(row, outages)]
        failed = sum(row["failed"] for row in struck)
        assert abs(failed - len(struck) * expected) <= 4 * math.sqrt(len(struck) * expected)
    silences = rows(day, "silences")
    oslo = [row for row in silences if row["site"] == "oslo"]
    down = [row for row in oslo if is_on(row, [(3600, 3 * 3600)])]
    assert is_near(len(down), 20 * 2 * 3600 / (600 + 450)), "silent after 10 min, for 7.5 min, on average"
    assert is_near(len(silences) - len(oslo), 40 * 6 / 5)


def test_a_follower_is_late_while_its_incident_is_on(day):
    viewed, jams = {row["id"]: row for row in rows(day, "views")}, windows(day, "town.jam")
    for row in rows(day, "logs"):
        expected = 8 if is_on(viewed[row["id"]], jams) else 0.2
        assert abs(second(row) - second(viewed[row["id"]]) - expected) < 0.002


def test_the_answer_key_names_exactly_the_records_made_under_an_incident(day):
    key = [json.loads(line) for path in (day.parent / "key").rglob("*.json") for line in path.read_text("utf-8").splitlines()]
    named = {}
    for entry in key:
        named.setdefault((entry["stream"].split(".")[1], entry["name"]), []).append(entry)
    views, sales, outages = rows(day, "views"), windows(day, "town.sale"), windows(day, "town.outage")
    assert {entry["row"] for entry in named["views", "sale"]} == {i for i, row in enumerate(views) if is_on(row, sales)}
    shop = {i for i, row in enumerate(views) if is_on(row, outages) and row["page"] == "shop"}
    assert {entry["row"] for entry in named["views", "outage"]} == shop
    down = [(3600, 3 * 3600)]
    for stream in ("beats", "silences"):
        assert len(named[stream, "gateway_down"]) == sum(row["site"] == "oslo" and is_on(row, down) for row in rows(day, stream))
    assert set(named) == {("views", "sale"), ("views", "outage"), ("beats", "gateway_down"), ("silences", "gateway_down")}


def test_threads_and_the_command_of_the_manifest_change_no_byte(day, headwater, town, tmp_path):
    again = pour(headwater, town, tmp_path / "threads", "--threads", "3")
    assert digests(again) == digests(day)
    command = shlex.split(manifest(again)["command"])
    folder = tmp_path / "command"
    moved = [word.replace(str(tmp_path / "threads"), str(folder)) for word in command[1:]]
    headwater(*moved, "--quiet")
    assert digests(folder / "out") == digests(day)


def test_what_the_scenario_says_can_be_said_with_flags(day, headwater, town, tmp_path):
    flags = ["--incident", "run: gateway_down, at: 1h", "--incident", "{run: sale, at: 1h..3h, times: 2}",
             "--incident", "run: town.outage, at: '2026-11-02T02:00:00Z'", "--incident", "run: jam, at: 10min, every: 1h, times: 3"]
    said = pour(headwater, town, tmp_path / "said", *flags, "--start", "2026-11-02T00:00:00Z", "--until", "2026-11-02T06:00:00Z",
                what="town.yaml")
    assert digests(said) == digests(day)
    command = shlex.split(manifest(said)["command"])
    assert [word for word in command if "gateway_down" in word] == ["run: gateway_down, at: 1h"]
    moved = [word.replace(str(tmp_path / "said"), str(tmp_path / "again")) for word in command[1:]]
    headwater(*moved, "--quiet")
    assert digests(tmp_path / "again" / "out") == digests(day)


def test_parts_together_are_the_whole(day, headwater, town, tmp_path):
    lines = {stream: [] for stream in ("beats", "silences", "views", "logs")}
    for part in range(3):
        folder = pour(headwater, town, tmp_path / str(part), "--parts", 3, "--part", part)
        for path in folder.rglob("*.json"):
            stream = next((stream for stream in lines if f"/{stream}/" in str(path) or path.name.startswith(stream)), None)
            if stream and not path.name.startswith("manifest"):
                lines[stream] += path.read_bytes().splitlines()
    for stream, together in lines.items():
        whole = [line for path in paths(day, stream) for line in path.read_bytes().splitlines()]
        assert sorted(together) == sorted(whole), stream


def test_only_what_an_incident_sets_differs_from_a_run_without(day, headwater, town, tmp_path):
    usual = pour(headwater, town, tmp_path, "--start", "2026-11-02T00:00:00Z", "--until", "2026-11-02T06:00:00Z", what="town.yaml")
    assert "incidents" not in manifest(usual)
    oslo = {row["sensor"] for row in rows(day, "beats") if row["site"] == "oslo"}
    spared = lambda folder: [row for row in rows(folder, "beats") if row["sensor"] not in oslo or second(row) < 3600]
    assert spared(day) == spared(usual)
    first = min(begin for begin, _ in windows(day, "town.sale"))
    early = lambda folder: [row for row in rows(folder, "views") if second(row) < min(first, 7200)]
    assert early(day) == early(usual)
    assert rows(day, "views") != rows(usual, "views")
