"""For the word lists that coherent things are made of: they agree with each other and name their sources."""
import collections
import math
import re

import pytest

from payments_figures import PACKS, words

LISTS = sorted(path.stem for path in (PACKS / "words").glob("*.csv"))


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_printable_whole_and_weighted(name):
    rows = words(name)
    assert rows
    for row in rows:
        assert None not in row and None not in row.values(), f"columns are missing: {row}"
        assert all(value.isprintable() and value == value.strip() for value in row.values()), row
        assert float(row.get("weight", 1)) > 0, row
    assert len({tuple(row.values()) for row in rows}) == len(rows)


def test_every_list_has_its_source():
    sources = (PACKS / "words" / "SOURCES.md").read_text(encoding="utf-8")
    assert [name for name in LISTS if f"`{name}.csv`" not in sources] == []


def test_every_country_has_cities_that_share_its_weight():
    countries = {row["code"]: float(row["weight"]) for row in words("countries")}
    shares = collections.Counter()
    for row in words("cities"):
        shares[row["country"]] += float(row["weight"])
    assert len(countries) == 195 and set(shares) == set(countries)
    for code, weight in countries.items():
        assert math.isclose(shares[code], weight, rel_tol=1e-3), code


def test_countries_have_codes_of_currencies_and_callings():
    for row in words("countries"):
        assert re.fullmatch("[A-Z]{2}", row["code"]) and re.fullmatch("[A-Z]{3}", row["currency"]), row
        assert re.fullmatch("[1-9][0-9]{0,3}", row["calling_code"]), row


def test_cities_lie_on_earth_and_have_patterns_of_postal_codes():
    for row in words("cities"):
        assert -60 < float(row["latitude"]) < 72 and -180 <= float(row["longitude"]) <= 180, row
        assert re.fullmatch(r"([#A-Z0-9 -]|\\[A-Z])*", row["postal"]), row


def test_type_system_and_agent_of_a_device_agree():
    marks = {("desktop", "Windows"): "Windows NT 10.0", ("desktop", "macOS"): "Macintosh", ("desktop", "Linux"): "X11;",
             ("mobile", "Android"): "Android", ("tablet", "Android"): "Android",
             ("mobile", "iOS"): "iPhone;", ("tablet", "iOS"): "iPad;"}
    for row in words("user_agents"):
        assert marks[row["device_type"], row["os"]] in row["agent"], row
        if row["os"] == "Android":
            assert ("Mobile" in row["agent"]) == (row["device_type"] == "mobile"), row
        name = {"Edge": "Edg", "Opera": "OPR", "Firefox": r"(Firefox|FxiOS)", "Samsung Internet": "SamsungBrowser",
                "Chrome": r"(Chrome|CriOS)", "Safari": "Version", "Android WebView": "wv"}[row["browser"]]
        assert re.search(name, row["agent"]), row


def test_names_of_both_genders_weigh_the_same():
    weights = collections.Counter()
    for row in words("first_names"):
        weights[row["gender"]] += int(row["weight"])
    assert set(weights) == {"f", "m"} and math.isclose(weights["f"], weights["m"], rel_tol=1e-3)
