"""For `headwater describe`: goldens of its text, its JSON against the pack, and diagrams that Mermaid can read."""
import json
import os
import pathlib
import re

import pytest

GOLDEN = pathlib.Path(__file__).parent / "golden"
SMALL = """\
pack: small
version: 3
summary: Orders and what follows.
parameters:
  speed: {type: rate, default: 5/s, min: 1/s, help: Orders on average., because: counted in May}
lists:
  colours: {red: 3, blue: 1}
  tops: =sample(shop, 2)
curves:
  day: {weekday: [1, 1, 1, 1, 1, 0.5, 0]}
entities:
  shop: {count: 7, summary: A shop., attributes: {town: =place().city}}
streams:
  orders:
    summary: One order.
    rate: =speed * day
    key: id
    types: {note: text or null pii}
    fields: {id: =uuid(), town: =any(shop).town, total: =decimal(1..9.99), note: "=if chance(5%) then null else \\"a: b\\"", lines: {repeat: 2, of: {n: =index}}}
    rules:
      - {name: big, when: total > 9 and town != "x", chance: 10%, set: {total: 9.99}, because: chosen}
      - {name: any, set: {note: gift}}
  parcels: {follows: orders, when: orders.total > 2, chance: 50%, after: 1h..2d, key: id, fields: {id: =orders.id}}
"""
LIVING = """\
pack: living
entities:
  lamp:
    count: 3
    state: {lit: false}
    lifecycle:
      off: {leave: [{after: 1h..2h, to: {on: 90%, broken: 10%}}]}
      on: {every: 10s, do: [{emit: glow}], leave: [{to: off, rate: 3/h}, {to: broken, when: lit}]}
      broken: {label: failure, leave: [{to: end, after: 1d}]}
streams:
  glow: {from: lamp, fields: {at: =time}}
"""

NODE = r'(\w+)(\(\["[^"]*"\]\)|\["[^"]*"\]|\{"[^"]*"\})'
FLOW_EDGE = r'(\w+) -->(?:\|"[^"]*"\|)? (\w+)'
STATE = r'state "[^"]*" as (\w+)'
STATE_EDGE = r"(\[\*\]|\w+) --> (\[\*\]|\w+)(?: : [^:;]+(?:;[^:;]*)*)?"


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


def golden(name, text):
    path = GOLDEN / name
    if os.environ.get("HEADWATER_WRITE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_a_small_pack_is_told_whole(headwater, small):
    golden("small.txt", headwater("describe", "small.yaml", cwd=small.parent).stdout)


def test_payments_is_told_whole(headwater):
    golden("payments.txt", headwater("describe", "payments", cwd="/", env={**os.environ, "HEADWATER_PACKS": ""}).stdout)


def test_json_says_the_same(headwater, small):
    (pack,) = json.loads(headwater("describe", small, "--format", "json", "--set", "speed=8/s").stdout)
    assert pack["parameters"] == [{"name": "speed", "type": "rate", "default": "5/s", "value": "8/s", "help": "Orders on average.", "because": "counted in May"}]
    assert [(one["name"], one["size"]) for one in pack["lists"]] == [("colours", 2), ("tops", 2)]
    assert pack["sources"] == [{"path": "parameters.speed", "because": "counted in May"}, {"path": "streams.orders.rules.big", "because": "chosen"}]
    orders, parcels = pack["streams"]
    assert [field["name"] for field in orders["fields"]] == ["id", "town", "total", "note", "lines"]
    note = orders["fields"][3]
    assert (note["type"], note["nullable"], note["pii"]) == ("text", True, True)
    assert [rule["name"] for rule in orders["rules"]] == ["big", "any"]
    assert parcels["follows"] == "orders"


def test_a_pack_with_mistakes_is_bad_input(headwater, tmp_path):
    (tmp_path / "p.yaml").write_text("pack: p\nstreams: {a: {fields: {x: =nothing}}}\n")
    result = headwater("describe", tmp_path / "p.yaml", check=False)
    assert result.returncode == 2
    assert "Unknown name: nothing" in result.stderr


def diagrams(text):
    found = re.findall(r"^## ([^\n]+)\n\n```mermaid\n(.*?)```$", text, re.MULTILINE | re.DOTALL)
    assert len(found) == text.count("```mermaid")
    return dict(found)


def edges(diagram):
    """Reads a diagram by Mermaid's grammar, as far as we use it, and gives its edges."""
    head, *lines = diagram.rstrip("\n").split("\n")
    assert head in {"flowchart TD", "stateDiagram-v2"}
    node, edge = (NODE, FLOW_EDGE) if head.startswith("flow") else (STATE, STATE_EDGE)
    known, found = {"[*]"}, []
    for line in lines:
        assert line.startswith("  "), line
        if declared := re.fullmatch(node, line[2:]):
            assert declared[1] not in known | {"end", "graph", "subgraph", "state", "class"}
            known.add(declared[1])
        else:
            drawn = re.fullmatch(edge, line[2:])
            assert drawn, line
            found.append((drawn[1], drawn[2]))
    assert {name for one in found for name in one} <= known
    return found


def test_a_rule_chain_is_drawn_in_order(headwater, small):
    (title, diagram), = diagrams(headwater("describe", small, "--diagram").stdout).items()
    assert title == "Rules of orders"
    assert edges(diagram) == [("record", "condition1"), ("condition1", "rule1"), ("condition1", "condition2"), ("condition2", "rule2"), ("condition2", "as_drawn")]
    assert "yes, chance 10%" in diagram
    assert "total #gt; 9 and town != #quot;x#quot;" in diagram


def test_payments_can_be_drawn(headwater):
    drawn = diagrams(headwater("describe", "payments", "--diagram").stdout)
    assert len(edges(drawn["Rules of transactions"])) == 2 * 5 + 1


def test_a_life_is_drawn_with_what_opens_each_way(headwater, tmp_path):
    (tmp_path / "living.yaml").write_text(LIVING)
    drawn = diagrams(headwater("describe", tmp_path / "living.yaml", "--diagram").stdout)
    diagram = drawn["Life of a lamp"]
    assert edges(diagram) == [("[*]", "off"), ("off", "on"), ("off", "broken"), ("on", "off"), ("on", "broken"), ("broken", "[*]")]
    assert "off --> on : after 1h..2h, 90%" in diagram
    assert "on --> off : rate 3/h" in diagram
    assert "label failure" in diagram


def test_tables_are_described_and_drawn_with_what_they_refer_to(headwater):
    pack = pathlib.Path(__file__).resolve().parents[2] / "docs" / "examples" / "rows_that_change.yaml"
    described, = json.loads(headwater("describe", pack, "--format", "json").stdout)
    assert described["streams"] == []
    customers, orders = described["tables"]
    assert [column["name"] for column in customers["columns"]] == ["id", "email", "orders", "status", "updated_at"]
    assert (orders["from"], orders["key"], orders["references"]) == ("order", "id", {"customer_id": "customers"})
    drawn = diagrams(headwater("describe", pack, "--diagram").stdout)["Tables"]
    assert drawn.startswith("erDiagram\n  customers {\n    text id PK\n")
    assert drawn.endswith("\n  customers ||--o{ orders : customer_id\n")
    assert "    text customer_id FK\n" in drawn
