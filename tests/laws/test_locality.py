"""For the second law: changing one field, let, rule, stream or list of a pack changes no other value."""
import json
import pathlib
import shutil

import pytest

PAYMENTS = pathlib.Path(__file__).resolve().parents[2] / "packs" / "payments" / "payments.yaml"
RECORDS = 400


@pytest.fixture(scope="module")
def pour(headwater, tmp_path_factory):
    """Gives a function that pours the payments pack, after replacements in its text, and returns its streams' records."""
    def records(*replacements):
        folder = tmp_path_factory.mktemp("pack")
        text = PAYMENTS.read_text()
        for old, new in replacements:
            assert text.count(old) >= 1, f"the pack has changed, this is no longer in it: {old}"
            text = text.replace(old, new, 1)
        (folder / "payments.yaml").write_text(text)
        headwater("run", folder / "payments.yaml", "--count", RECORDS, "--to", f"file:{folder / 'out'}", "--quiet")
        streams = {}
        for file in sorted((folder / "out").rglob("*.json")):
            rows = [line for line in file.read_text().splitlines() if '"' in line]
            if file.name.startswith("aggregated"):
                streams[file.parent.name] = [json.loads(row) for row in rows]
        shutil.rmtree(folder)
        assert streams, "nothing was poured"
        return streams

    return records


@pytest.fixture(scope="module")
def original(pour):
    return pour()


def columns(rows):
    return {name: [row[name] for row in rows] for name in rows[0]}


def changed(before, after):
    """Names what differs: stream.column, or a stream that is not on both sides."""
    names = {stream for stream in before.keys() ^ after.keys()}
    for stream in before.keys() & after.keys():
        old, new = columns(before[stream]), columns(after[stream])
        names |= {f"{stream}.{name}" for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    return names


ADDED_FIELD = ("      currency: USD\n", "      extra: =normal(5, 1)\n      currency: USD\n")
CHANGES = {
    "a field added": ([ADDED_FIELD], {"transactions.extra"}),
    "a field added first": ([("      transaction_id: =uuid()\n", "      extra: =hex(8)\n      transaction_id: =uuid()\n")], {"transactions.extra"}),
    "a field removed": ([("      currency: USD\n", "")], {"transactions.currency"}),
    "a field changed": ([("      ip_address: =ipv4()", "      ip_address: 198.18.0.$(integer(0..255))")], {"device_logs.ip_address"}),
    "fields in another order": ([("      currency: USD\n      merchant:", "      merchant:"), ("      timestamp: =time\n", "      timestamp: =time\n      currency: USD\n")], set()),
    "a let added": ([("      probing: =chance", "      mood: =pick(\"good\", \"bad\")\n      probing: =chance")], set()),
    "a list added": ([("  high_risk_merchants:", "  colours: =sample(user, 7)\n  high_risk_merchants:")], set()),
    "a rule that never hits": ([("      - name: account_takeover", "      - {name: idle, chance: 0%, set: {amount: 1}}\n      - name: account_takeover")], set()),
    "a rule removed": ([("      - name: baseline\n        when: not compromised\n        chance: =fraud_baseline\n        set: {amount: =decimal(100..2000.00)}\n", "")],
                       {"transactions.amount", "transactions.is_fraud"}),
    "a stream added": ([("  user_profiles:\n", "  pings:\n    fields: {id: =uuid(), who: =any(user).id}\n\n  user_profiles:\n")], {"pings"}),
    "an attribute added": ([("      signed_up: =start", "      nickname: =username()\n      signed_up: =start")], set()),
    "an attribute changed": ([("signed_up: =start - uniform(0d..730d)", "signed_up: =start - uniform(0d..400d)")], {"user_profiles.signup_date", "user_profiles.risk_level"}),
    "a parameter changed": ([("label_hidden: {type: share, default: 1.5%", "label_hidden: {type: share, default: 100%")], {"transactions.is_fraud"}),
    "a kind of entity added": ([("  shop:\n", "  van:\n    count: 7\n    attributes: {plate: =pattern(\"??-###\")}\n  shop:\n")], set()),
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda name: name.replace(" ", "_"))
def test_a_change_stays_where_it_is(pour, original, change):
    replacements, may_change = CHANGES[change]
    assert changed(original, pour(*replacements)) <= may_change


def test_a_change_shows_where_it_is(pour, original):
    assert changed(original, pour(ADDED_FIELD)) == {"transactions.extra"}
    replacements, expected = CHANGES["a field changed"]
    assert changed(original, pour(*replacements)) == expected


def test_a_stream_left_out_changes_no_other(headwater, original):
    alone = headwater("run", PAYMENTS, "--count", RECORDS, "--streams", "device_logs", "--to", "stdout", "--quiet").stdout
    assert [json.loads(line) for line in alone.splitlines()] == original["device_logs"]


def test_another_seed_changes_nearly_everything(headwater, original):
    other = headwater("run", PAYMENTS, "--count", RECORDS, "--streams", "transactions", "--to", "stdout", "--quiet", "--seed", 7).stdout
    rows = columns([json.loads(line) for line in other.splitlines()])
    same = {name for name, values in columns(original["transactions"]).items() if rows[name] == values}
    assert same <= {"currency", "is_fraud"}
