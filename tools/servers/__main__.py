"""For the command line of the servers, used by ./dev.

    python -m servers up [NAME ...] [--usual-ports]
    python -m servers down
    python -m servers install [NAME ...]
"""
import argparse
import sys

from servers import kafka, minio
from servers.errors import ServerError
from servers.up import NAMES, down, up


def install(names: list[str]) -> None:
    """Fetches or builds what the servers need, where it is not in the cache yet."""
    for name in names or NAMES:
        print(f"{name:7} {(minio if name == 'minio' else kafka).install()}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev")
    commands = parser.add_subparsers(dest="command", required=True)
    to_start = commands.add_parser("up", help="start servers on loopback")
    to_start.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; kafka and minio when none is named")
    to_start.add_argument("--usual-ports", action="store_true", help="9092, 9000 and so on, instead of free ports")
    commands.add_parser("down", help="stop them")
    to_install = commands.add_parser("install", help="fill the cache")
    to_install.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    try:
        if arguments.command == "up":
            up(arguments.names, arguments.usual_ports)
        elif arguments.command == "down":
            down()
        else:
            install(arguments.names)
    except ServerError as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
