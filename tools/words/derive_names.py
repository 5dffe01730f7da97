#!/usr/bin/env python3
"""For deriving packs/words/first_names.csv and last_names.csv from the Python package Faker (MIT).

    pip download --no-deps faker && unzip -d faker faker-*.whl
    tools/words/derive_names.py faker packs/words
"""
import csv
import pathlib
import sys


def write(path: pathlib.Path, header: list[str], rows: list[tuple]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def per_million(weight: float) -> int:
    """Turns a share into a whole weight; none becomes zero."""
    return max(1, round(weight * 1_000_000))


def main() -> None:
    source, target = sys.argv[1], pathlib.Path(sys.argv[2])
    sys.path.insert(0, source)
    from faker.providers.person.en_US import Provider

    first = [(name, gender, per_million(weight))
             for gender, names in (("f", Provider.first_names_female), ("m", Provider.first_names_male))
             for name, weight in sorted(names.items())]
    last = [(name, per_million(weight)) for name, weight in sorted(Provider.last_names.items())]
    write(target / "first_names.csv", ["name", "gender", "weight"], first)
    write(target / "last_names.csv", ["name", "weight"], last)


if __name__ == "__main__":
    main()
