#!/usr/bin/env python3
"""For a first look with DuckDB at payments that have just been poured: first_look.py FOLDER"""
import pathlib
import sys

import duckdb


def queries(folder: pathlib.Path) -> list[tuple[str, str]]:
    """Gives a heading and a query for each look."""
    payments = f"'{folder}/parquet/*transactions*/*.parquet'"
    labels = f"'{folder}/answer-key/*/*.json'"
    return [
        ("The biggest spenders", f"select user_id, count(*) as payments, sum(amount) as spent\n"
                                 f"from {payments}\ngroup by user_id order by spent desc limit 5;"),
        ("The frauds, as the answer key names them", f"select name, count(*) as payments\n"
                                                     f"from {labels}\ngroup by name order by payments desc;"),
    ]


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    for heading, query in queries(folder):
        print(f"\n{heading}:\n\n{query}\n")
        print(duckdb.sql(query))


if __name__ == "__main__":
    main()
