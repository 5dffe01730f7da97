"""For comparing what a reader gave with the JSON lines of the same rows, value by value."""
import datetime
import decimal
import json
import uuid


def same(line, read):
    """Tells whether a value of a JSON line (numbers with a point as text) is what a reader gave for it."""
    if line is None or isinstance(line, bool) or read is None or isinstance(read, bool):
        return line is read
    if isinstance(line, dict):
        read = dict(read)
        return list(line) == list(read) and all(same(line[name], read[name]) for name in line)
    if isinstance(line, list):
        return len(line) == len(read) and all(map(same, line, read))
    if isinstance(read, float):
        return float(line) == read
    if isinstance(read, decimal.Decimal):
        return decimal.Decimal(line).as_tuple() == read.as_tuple()
    if isinstance(read, datetime.datetime):
        instant = datetime.datetime.fromisoformat(line)
        return instant == (read if read.tzinfo else read.replace(tzinfo=datetime.UTC))
    if isinstance(read, (datetime.date, uuid.UUID)):
        return line == str(read)
    return line == read


def assert_same(lines, rows):
    """Holds when rows are those of the JSON lines, in the same order."""
    assert len(lines) == len(rows)
    for number, (line, row) in enumerate(zip(lines, rows, strict=True)):
        assert list(line) == list(row), f"row {number}"
        for name in line:
            assert same(line[name], row[name]), f"row {number}, {name}: {line[name]!r} was read as {row[name]!r}"


def flat(line, prefix=""):
    """Gives the columns of CSV for a JSON line: nested records with dots, lists and maps as JSON, null as nothing."""
    cells = {}
    for name, value in line.items():
        if isinstance(value, dict) and name != "tags":
            cells |= flat(value, f"{prefix}{name}.")
        else:
            cells[prefix + name] = value
    return cells


def cell_is(value, cell):
    """Tells whether a cell of CSV holds a value of a JSON line."""
    if isinstance(value, (list, dict)):
        return json.loads(cell, parse_float=str) == value
    if value is None or isinstance(value, bool):
        return cell == {None: "", True: "true", False: "false"}[value]
    return cell == str(value)
