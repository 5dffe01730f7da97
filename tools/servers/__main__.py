"""For the command line of the servers, used by ./dev.

    python -m servers up [NAME ...] [--usual-ports]
    python -m servers down
    python -m servers install
"""
import argparse
import os
import sys
import time
from functools import partial

from servers import kafka, minio, promtool, spark, versions
from servers.errors import ServerError
from servers.up import NAMES, down, up


def install() -> None:
    """Fetches and builds every server that is not in the cache yet; the quick ones first."""
    made_of_kafka = (partial(make, version) for make in (kafka.install, kafka.classes) for version in (versions.KAFKA, versions.KAFKA_BEFORE_4))
    for made in (*made_of_kafka, spark.install, promtool.install, minio.install):
        begin = time.monotonic()
        print(f"{os.path.relpath(made())}  {time.monotonic() - begin:.1f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev")
    commands = parser.add_subparsers(dest="command", required=True)
    to_start = commands.add_parser("up", help="start servers on loopback")
    to_start.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; kafka and minio when none is named")
    to_start.add_argument("--usual-ports", action="store_true", help="9092, 9000 and so on, instead of free ports")
    commands.add_parser("down", help="stop them")
    commands.add_parser("install", help="fill the cache")
    arguments = parser.parse_args()
    try:
        if arguments.command == "up":
            up(arguments.names, arguments.usual_ports)
        elif arguments.command == "down":
            down()
        else:
            install()
    except ServerError as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
