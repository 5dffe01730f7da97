"""For a slow link: it takes what it is given at once, hands it on at a bounded rate, and does so even when who gave it has died."""
import contextlib
import socket
import subprocess
import threading
import time

HOST = "127.0.0.1"
PIECE_BYTES = 8192


class SlowLink:
    """Forwards connections to a port of loopback, all of them together at so many bytes a second. Answers come back at once."""

    def __init__(self, target: int, port: int, bytes_per_s: int):
        self.late_bytes = 0  # handed on after their sender had died
        self._carried = 0
        self._dead: set[socket.socket] = set()
        self._links: set[socket.socket] = set()
        self._progress = threading.Condition()
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
                self._links.add(client)
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def wait_until_carried(self, count: int, process: subprocess.Popen, patience_s: float = 120) -> bool:
        """Waits until that many bytes more have been handed on; false when the process has ended before."""
        deadline = time.monotonic() + patience_s
        with self._progress:
            goal = self._carried + count
            while self._carried < goal and process.poll() is None:
                assert time.monotonic() < deadline, f"only {self._carried} of {goal} bytes came"
                self._progress.wait(0.1)
        return process.poll() is None

    def mark_dead(self) -> None:
        """Counts what still comes over the connections of now as late: whoever made them has died."""
        self._dead |= self._links

    def _wait_for_turn(self, count: int) -> None:
        with self._turn:
            begin = max(self._free_at, time.monotonic())
            self._free_at = begin + count / self._rate
        time.sleep(max(0.0, self._free_at - time.monotonic()))

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := client.recv(PIECE_BYTES):
                self._wait_for_turn(len(piece))
                server.sendall(piece)
                with self._progress:
                    self._carried += len(piece)
                    self.late_bytes += len(piece) if client in self._dead else 0
                    self._progress.notify_all()
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _answer(server: socket.socket, client: socket.socket) -> None:
        """Hands answers back, and drops those that nobody takes any more."""
        with contextlib.suppress(OSError):
            while piece := server.recv(PIECE_BYTES):
                with contextlib.suppress(OSError):
                    client.sendall(piece)
        server.close()
        client.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> "SlowLink":
        return self

    def __exit__(self, *_) -> None:
        self.close()
