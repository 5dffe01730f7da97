"""For a slow link: it takes what it is given at once, hands it on at a bounded rate, and does so even when who gave it has died."""
import contextlib
import socket
import threading
import time

HOST = "127.0.0.1"
PIECE_BYTES = 8192


class SlowLink:
    """Forwards connections to a port of loopback, all of them together at so many bytes a second. Answers come back at once."""

    def __init__(self, target: int, port: int, bytes_per_s: int):
        self.late_bytes = 0  # handed on after their sender had died
        self._target, self._rate = target, bytes_per_s
        self._turn = threading.Lock()
        self._free_at = 0.0  # when the link has room for the next piece
        self._listener = socket.create_server((HOST, port), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.address = f"{HOST}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((HOST, self._target))
                is_dead = threading.Event()
                threading.Thread(target=self._carry, args=(client, server, is_dead), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client, is_dead), daemon=True).start()

    def _wait_for_turn(self, count: int) -> None:
        with self._turn:
            begin = max(self._free_at, time.monotonic())
            self._free_at = begin + count / self._rate
        time.sleep(max(0.0, self._free_at - time.monotonic()))

    def _carry(self, client: socket.socket, server: socket.socket, is_dead: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while piece := client.recv(PIECE_BYTES):
                self._wait_for_turn(len(piece))
                server.sendall(piece)
                self.late_bytes += len(piece) if is_dead.is_set() else 0
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _answer(self, server: socket.socket, client: socket.socket, is_dead: threading.Event) -> None:
        """Hands answers back; one that nobody takes any more shows that the client has died."""
        with contextlib.suppress(OSError):
            while piece := server.recv(PIECE_BYTES):
                try:
                    client.sendall(piece)
                except OSError:
                    is_dead.set()
        server.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> "SlowLink":
        return self

    def __exit__(self, *_) -> None:
        self.close()
