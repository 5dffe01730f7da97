"""For the reports of verify, its exit codes, and what it refuses to read."""
import json
import re
import xml.etree.ElementTree

import pytest

import grading

ROWS = 500


@pytest.fixture(scope="module")
def manifest(headwater, tmp_path_factory):
    return grading.pour(headwater, tmp_path_factory.mktemp("poured") / "out", count=ROWS)


@pytest.fixture
def broken(manifest, tmp_path):
    """Gives a copy in which a record is lost and another one says something that markup means something by."""
    folder = grading.copy_of(manifest.parent, tmp_path / "copy")
    path = next((folder / "transactions").iterdir())
    lines = grading.lines_of(path)
    record = json.loads(lines[3])
    record["merchant"] = '<script>alert("&")</script>'
    grading.write_lines(path, lines[:3] + [json.dumps(record) + "\n"] + lines[5:])
    return folder


def test_every_report_tells_the_same(headwater, manifest, broken, tmp_path):
    reports = {kind: tmp_path / f"grade.{kind}" for kind in ("json", "junit", "html")}
    done = headwater("verify", manifest, "--from", f"file:{broken}",
                     *(word for kind, file in reports.items() for word in ("--report", f"{kind}={file}")), check=False)
    assert done.returncode == 1
    assert "payments.transactions row 3" in done.stdout and "lost: payments.transactions row 4" in done.stdout
    assert "2 differences" in done.stdout

    report = json.loads(reports["json"].read_text(encoding="utf-8"))
    assert grading.counts(report) == {"lost": 1, "altered": 1}
    assert all(one["ordered_by"] is None for one in report["differences"])

    suites = xml.etree.ElementTree.parse(reports["junit"]).getroot()
    assert suites.get("failures") == "2"
    failed = {(case.get("classname"), case.get("name")) for case in suites.iter("testcase") if case.find("failure") is not None}
    assert failed == {("payments.transactions", "none is lost"), ("payments.transactions", "none is altered")}

    page = reports["html"].read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"""(src|href)\s*=|url\(|@import""", page), "the page needs no other file"
    assert page.count("<svg") >= 2


def test_a_run_of_several_parts_is_graded_part_by_part(headwater, tmp_path):
    folder = tmp_path / "out"
    for part in (0, 1):
        headwater("run", "payments", "--streams", "transactions", "--count", ROWS, "--to", f"file:{folder}", "--parts", 2,
                  "--part", part, "--identity", "column", "--quiet")
    code, report = grading.grade(headwater, folder, tmp=tmp_path)
    assert code == 0 and [one["sent"] for one in report["streams"] if one["sent"]] == [ROWS // 2, ROWS // 2]
    second = sorted((folder / "transactions").iterdir())[1]
    grading.write_lines(second, grading.lines_of(second)[1:])
    code, report = grading.grade(headwater, folder, tmp=tmp_path)
    assert code == 1 and {one["part"]: one["lost"] for one in report["streams"] if one["sent"]} == {0: 0, 1: 1}


def test_entities_are_known_by_entity_and_ordinal(headwater, tmp_path):
    manifest = grading.pour(headwater, tmp_path / "out", "--streams", "telemetry", pack="sensors", count=ROWS)
    path = next((manifest.parent / "telemetry").iterdir())
    lines = grading.lines_of(path)
    lost = json.loads(lines.pop(17))["_headwater"].rsplit("/", 1)[1]
    grading.write_lines(path, lines)
    _, report = grading.grade(headwater, manifest, tmp=tmp_path)
    (one,) = report["differences"]
    assert one["kind"] == "lost" and f"{one['entity']}-{one['ordinal']}" == lost


def test_dead_letters_are_graded_by_the_answer_key(headwater, tmp_path):
    """A platform sets every other fraud aside, and ten honest payments; it wraps the originals, some as text."""
    folder = tmp_path / "out"
    headwater("run", "payments", "--streams", "transactions", "--count", 20_000, "--to", f"file:{folder}", "--answer-key",
              f"file:{tmp_path / 'key'}", "--quiet")
    path = next((folder / "transactions").iterdir())
    lines = grading.lines_of(path)
    answers = {}
    for file in (tmp_path / "key").rglob("*.json"):
        if "manifest" not in file.name:
            answers |= {one["row"]: one["name"] for one in map(json.loads, grading.lines_of(file))}
    frauds = sorted(answers)
    honest = [row for row in range(20_000) if row not in answers][:10]
    set_aside = frauds[::2] + honest
    letters = tmp_path / "dead" / "letters.jsonl"
    letters.parent.mkdir()
    letters.write_text("".join(json.dumps({
        "meta": {"why": "fraud" if row in answers else "mood"},
        "original": json.loads(lines[row]) if row % 2 else lines[row]}) + "\n" for row in set_aside), encoding="utf-8")
    gone = set(set_aside)
    grading.write_lines(path, (line for row, line in enumerate(lines) if row not in gone))

    code, report = grading.grade(headwater, folder, "--dead-letters", f"file:{letters.parent}", "--original",
                                 "json:original", "--reason", "json:meta.why", tmp=tmp_path)
    assert code == 0 and report["total"]["set_aside"] == len(set_aside)
    found = report["dead_letters"]
    assert (found["letters"], found["marked"], found["unknown"]) == (len(set_aside), len(frauds[::2]), 0)
    names = set(answers.values())
    expected = {f"label {name}": (sum(one == name for one in answers.values()),
                                  sum(answers[row] == name for row in frauds[::2])) for name in names}
    assert {one["name"]: (one["records"], one["caught"]) for one in found["answer_key"]} == expected
    reasons = {one["reason"]: one for one in found["reasons"]}
    assert {of["name"]: of["letters"] for of in reasons["mood"]["of"]} == {None: 10}
    assert reasons["mood"]["stands_for"] is None and reasons["mood"]["precision"] == 0


def test_reasons_of_dead_letters_are_held_against_faults(headwater, tmp_path):
    """A platform says rightly what is no record, mostly rightly what is negative, and takes a missing merchant for a price."""
    folder = tmp_path / "out"
    faults = ["fault: truncate, chance: 2%", "fault: perturb, field: amount, how: sign, chance: 2%, name: sign",
              "fault: nullify, field: merchant, chance: 1%", "fault: duplicate, chance: 1%", "fault: drop, chance: 1%"]
    headwater("run", "payments", "--streams", "transactions", "--count", 20_000, "--to", f"file:{folder}", "--identity", "column",
              *(word for fault in faults for word in ("--chaos", fault)), "--answer-key", f"file:{tmp_path / 'key'}", "--quiet")
    faults_of = {}
    for file in (tmp_path / "key").rglob("*.json"):
        if "manifest" not in file.name:
            for one in map(json.loads, grading.lines_of(file)):
                if one["kind"] == "fault":
                    faults_of.setdefault(one["row"], set()).add(one["name"])
    path = next((folder / "transactions").iterdir())
    kept, letters, right = [], [], {}
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True)):
        if not line.strip():
            continue  # cut to nothing
        reason, record = "not JSON", None
        try:
            record = json.loads(line)
        except ValueError:
            pass
        if isinstance(record, dict):
            strange = record["merchant"] is None
            reason = "price" if record["amount"] < 0 or strange else "mood" if number % 1000 == 7 else None
        if reason is None:
            kept.append(line)
            continue
        letters.append((line, reason))
        if isinstance(record, dict):
            right.setdefault(reason, []).append(int(record["_headwater"].rsplit("/", 1)[1]))
    path.write_bytes(b"".join(kept))
    dead = tmp_path / "dead"
    dead.mkdir()
    (dead / "letters.jsonl").write_text("".join(
        json.dumps({"why": reason, "original": line.decode("utf-8")}) + "\n" for line, reason in letters), encoding="utf-8")

    reports = {kind: tmp_path / f"grade.{kind}" for kind in ("html", "junit")}
    code, report = grading.grade(headwater, folder, "--dead-letters", f"file:{dead}", "--original", "json:original", "--reason",
                                 "json:why", *(word for kind, file in reports.items() for word in ("--report", f"{kind}={file}")),
                                 tmp=tmp_path)
    assert code == 0, grading.counts(report)
    assert report["total"]["set_aside"] == len(letters) and report["dead_letters"]["unknown"] == 0
    assert report["dead_letters"]["unreadable"] == 0
    reasons = {one["reason"]: one for one in report["dead_letters"]["reasons"]}
    cut = sum(reason == "not JSON" for _, reason in letters)
    assert (reasons["not JSON"]["stands_for"], reasons["not JSON"]["letters"], reasons["not JSON"]["right"]) == (
        "fault truncate", cut, cut)
    price = right["price"]
    negative = sum("sign" in faults_of.get(row, ()) for row in price)
    assert (reasons["price"]["stands_for"], reasons["price"]["letters"], reasons["price"]["right"]) == (
        "fault sign", len(price), negative)
    assert reasons["price"]["precision"] == negative / len(price) < 0.8
    key = {one["name"]: one for one in report["dead_letters"]["answer_key"]}
    sent = [row for row, names in faults_of.items() if "drop" not in names]
    assert "fault drop" not in key
    signs = [row for row in sent if "sign" in faults_of[row]]
    assert key["fault sign"]["records"] == key["fault sign"]["caught"] == len(signs)
    assert (key["fault sign"]["letters"], key["fault sign"]["right"]) == (len(price), negative)
    cut_to_nothing = key["fault truncate"]["records"] - key["fault truncate"]["caught"]
    assert key["fault truncate"]["precision"] == 1 and cut_to_nothing <= 5
    assert key["fault nullify"]["recall"] == 1 and key["fault nullify"]["precision"] is None
    assert "<td>fault sign</td>" in reports["html"].read_text(encoding="utf-8")
    properties = {one.get("name"): one.get("value")
                  for one in xml.etree.ElementTree.parse(reports["junit"]).getroot().iter("property")}
    assert properties["precision of fault sign"] == f"{negative} of {len(price)}"
    assert properties["recall of fault truncate"] == f"{key['fault truncate']['caught']} of {key['fault truncate']['records']}"
    assert properties["ordered by sign"].startswith(f"{len([1 for names in faults_of.values() if 'sign' in names])} altered")


@pytest.mark.parametrize("words,said", [
    (["nowhere.json"], "There is no manifest"),
    (["{manifest}", "--from", "file:nowhere"], "no such file or folder"),
    (["{manifest}", "--from", "ftp://x"], "Target is none of"),
    (["{manifest}", "--from", "stdout:"], "Copy can be read from none but"),
    (["{manifest}", "--streams", "orders"], "Run has no such stream: orders"),
    (["{manifest}", "--report", "pdf=x"], "Report is none of"),
    (["{manifest}", "--dead-letters", "file:.", "--original", "footer"], "Place in a dead letter is none of"),
    (["{manifest}", "--scratch", "nowhere"], "Folder for spill files is not there"),
])
def test_what_cannot_be_read_ends_with_2(headwater, manifest, tmp_path, words, said):
    done = headwater("verify", *(word.format(manifest=manifest) for word in words), check=False, cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr, done.stderr


def test_a_pack_that_has_changed_is_refused(headwater, tmp_path):
    pack = tmp_path / "tiny.yaml"
    text = "pack: tiny\nversion: 1\nsummary: One number.\nstreams:\n  numbers:\n    rate: 10/s\n    fields:\n      n: =integer(1..9)\n"
    pack.write_text(text, encoding="utf-8")
    manifest = grading.pour(headwater, tmp_path / "out", pack=str(pack), count=50)
    assert grading.grade(headwater, manifest, tmp=tmp_path)[0] == 0
    pack.write_text(text.replace("1..9", "1..8"), encoding="utf-8")
    done = headwater("verify", manifest, check=False)
    assert done.returncode == 2 and "Pack has changed since the run" in done.stderr
