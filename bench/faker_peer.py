"""For the distance to what is used today: a Python Faker program that makes the record of event.yaml, against the engine."""

import collections
import json
import os
import pathlib
import resource
import subprocess
import time

from faker import Faker

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ.get("HEADWATER", str(HERE.parent / "build/release/headwater"))
KINDS = ["page_view", "add_to_cart", "purchase", "search", "login", "logout", "click", "scroll"]
COUNTRIES = ["US", "DE", "FR", "GB", "IN", "BR", "JP", "CN", "ES", "IT", "NL", "SE", "PL", "CA", "AU", "MX"]
DEVICES = ["mobile", "desktop", "tablet", "tv"]
PEER_RECORDS = 2_000
ENGINE_RECORDS = 3_000_000


def falling(values):
    """Gives the values weights 1, 1/2, 1/3, ...; Faker asks for this kind of dictionary."""
    return collections.OrderedDict((value, 1 / (place + 1)) for place, value in enumerate(values))


def write_records(fake, count, out):
    """Writes records with the same fields, ranges and weights."""
    kinds, countries, devices = falling(KINDS), falling(COUNTRIES), falling(DEVICES)
    for _ in range(count):
        record = {
            "event_id": fake.uuid4(),
            "ts": fake.date_time().isoformat(timespec="milliseconds") + "Z",
            "type": fake.random_element(kinds),
            "user_id": fake.random_int(1, 20_000_000),
            "session": fake.hexify("^" * 16),
            "country": fake.random_element(countries),
            "device": fake.random_element(devices),
            "price": fake.random_int(99, 50_098) / 100,
            "qty": fake.random_int(1, 9),
            "lat": fake.random_int(-900_000, 900_000) / 10_000,
            "lon": fake.random_int(-1_800_000, 1_800_000) / 10_000,
            "url": f"/product/{fake.random_int(0, 4_999_999)}",
        }
        out.write(json.dumps(record, separators=(",", ":")) + "\n")


def peer_ns():
    """Gives the CPU time of a record of the Faker program, the best of three runs."""
    fake = Faker()
    Faker.seed(42)
    best = float("inf")
    with open(os.devnull, "w", encoding="utf-8") as out:
        for _ in range(3):
            began = time.process_time_ns()
            write_records(fake, PEER_RECORDS, out)
            best = min(best, (time.process_time_ns() - began) / PEER_RECORDS)
    return best


def engine_ns():
    """Gives the CPU time of a record of the program, its start included, the best of three runs."""
    best = float("inf")
    command = [PROGRAM, "run", str(HERE / "event.yaml"), "--count", str(ENGINE_RECORDS), "--to", "discard:", "--threads", "1"]
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        best = min(best, seconds * 1e9 / ENGINE_RECORDS)
    return best


def main():
    peer, engine = peer_ns(), engine_ns()
    print(f"Python Faker               {peer:9.1f} ns/record")
    print(f"headwater run              {engine:9.1f} ns/record  {peer / engine:6.0f} times as fast as Faker")


if __name__ == "__main__":
    main()
