"""For the proxy: each trouble is what it says, and nothing is troubled that was not told to be."""
import contextlib
import socket
import threading
import time

import pytest

from proxy import HOST, Proxy

PATIENCE_S = 30


class Echo:
    """Answers each piece that it gets with the same bytes, and keeps all of them."""

    def __init__(self):
        self.heard = bytearray()
        self.closed = threading.Semaphore(0)  # released at the end of each connection
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=(self._listener.accept()[0],), daemon=True).start()

    def _answer(self, connection):
        with contextlib.suppress(OSError), connection:
            while piece := connection.recv(65536):
                self.heard += piece
                connection.sendall(piece)
        self.closed.release()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.close()


@pytest.fixture
def proxy(echo):
    with Proxy(echo.port) as made:
        yield made


def connect(proxy):
    return socket.create_connection((HOST, proxy.port), timeout=PATIENCE_S)


def receive(connection, count):
    """Reads that many bytes, or fewer when the connection ends in good order."""
    got = b""
    while len(got) < count and (piece := connection.recv(count - len(got))):
        got += piece
    return got


def is_broken(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_bytes_go_through_unchanged_both_ways(proxy):
    sent = bytes(range(256)) * 8192
    with connect(proxy) as connection:
        writer = threading.Thread(target=connection.sendall, args=(sent,))
        writer.start()
        assert receive(connection, len(sent)) == sent
        writer.join()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b"", "the end of one side reaches the other"
    assert proxy.bytes_to == {"server": len(sent), "client": len(sent)}
    assert proxy.connections == 1


def test_cut_resets_and_refuses_until_mended(proxy):
    port = proxy.port
    with connect(proxy) as connection:
        connection.sendall(b"a")
        assert receive(connection, 1) == b"a"
        proxy.cut()
        assert is_broken(connection)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
    proxy.mend()
    assert proxy.port == port
    with connect(proxy) as connection:
        connection.sendall(b"b")
        assert receive(connection, 1) == b"b"


def test_reset_breaks_connections_and_takes_new_ones(proxy):
    with connect(proxy) as connection:
        connection.sendall(b"a")
        assert receive(connection, 1) == b"a"
        proxy.reset()
        assert is_broken(connection)
    with connect(proxy) as connection:
        connection.sendall(b"b")
        assert receive(connection, 1) == b"b"


def test_hold_lets_nothing_through_and_loses_nothing(proxy, echo):
    with connect(proxy) as connection:
        proxy.hold()
        connection.sendall(b"held")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert echo.heard == b""
        proxy.mend()
        connection.settimeout(PATIENCE_S)
        assert receive(connection, 4) == b"held"


def test_delay_holds_every_answer_up(proxy):
    proxy.delay_s = 0.1
    with connect(proxy) as connection:
        begin = time.monotonic()
        connection.sendall(b"slow")
        assert receive(connection, 4) == b"slow"
    assert time.monotonic() - begin >= 0.2, "there and back"


@pytest.mark.parametrize("count", [0, 1, 1000])
def test_reset_after_lets_exactly_that_many_bytes_reach_the_server(proxy, echo, count):
    with connect(proxy) as connection:
        proxy.reset_after(count, toward="server")
        connection.sendall(bytes(2000))
        assert proxy.wait_until_tripped()
    assert echo.closed.acquire(timeout=PATIENCE_S)
    assert len(echo.heard) == count
    with connect(proxy) as connection:
        connection.sendall(b"once only")
        assert receive(connection, 9) == b"once only"


def test_a_lost_answer_is_to_a_request_that_arrived(proxy, echo):
    with connect(proxy) as other, connect(proxy) as connection:
        proxy.lose_answer_to(b"commit")
        connection.sendall(b"begin")
        assert receive(connection, 5) == b"begin"
        connection.sendall(b"com")
        assert receive(connection, 3) == b"com"
        connection.sendall(b"mit")
        assert is_broken(connection)
        assert proxy.wait_until_tripped()
        assert echo.heard == b"begincommit"
        other.sendall(b"commit")
        assert receive(other, 6) == b"commit", "it happens once, and to that connection"
