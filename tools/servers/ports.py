"""For ports of loopback that stay ours while a server is away."""
import os
import random
import socket

from servers.errors import ServerError

# Below the range from which Linux takes ports of outgoing connections: nobody is handed ours while a server restarts.
# HEADWATER_PORTS narrows them for a program and those that it starts.
FIRST, LAST = map(int, os.environ.get("HEADWATER_PORTS", "20000-32767").split("-"))
HOST = "127.0.0.1"

_given: set[int] = set()  # given away by this program, though nobody may listen there yet


def take_share(number: int, of: int) -> None:
    """Narrows the range to one of equal shares, so that programs side by side draw no port twice."""
    global FIRST, LAST
    size = (LAST - FIRST + 1) // of
    FIRST += number % of * size
    LAST = FIRST + size - 1
    os.environ["HEADWATER_PORTS"] = f"{FIRST}-{LAST}"


def is_free(port: int) -> bool:
    """Tells whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Draws a port on which nobody listens, another one each time."""
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise ServerError(f"No free port on {HOST} among {FIRST}..{LAST}")


def usual_or_free(usual: int | None) -> int:
    """Gives the usual port, which must be free, or draws one when there is none."""
    if usual is None:
        return free_port()
    if not is_free(usual):
        raise ServerError(f"Port is taken: {usual}")
    return usual
