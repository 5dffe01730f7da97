"""For servers that all workers of a test run share: the first to ask starts one, the others find it, and it ends with the last worker."""
import fcntl
import pathlib
import pickle


def _refused(*_):
    raise AssertionError("Server is shared with tests that run beside this one; ask for one of its own, as own_kafka or own_minio")


class SharedServers:
    """The shared servers of a test run, as one of its workers has them."""

    def __init__(self, folder: pathlib.Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._started = []
        self._users = open(folder / "users", "wb")
        fcntl.flock(self._users, fcntl.LOCK_SH)

    def get(self, name: str, make):
        """Gives a running server; make(folder) makes it when no worker has started it. It cannot be taken away."""
        written = self._folder / f"{name}.pickle"
        with open(self._folder / f"{name}.lock", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            server = self._found(written)
            if server is None:
                server = make(self._folder / name)
                self._started.append((server, written))
                server.start()
                written.write_bytes(pickle.dumps(server))
        for way in ("stop", "kill", "pause"):
            setattr(server, way, _refused)
        return server

    @staticmethod
    def _found(written: pathlib.Path):
        """Gives what another worker started, unless that worker died and took the server with it."""
        try:
            server = pickle.loads(written.read_bytes())
        except (FileNotFoundError, ProcessLookupError):
            return None
        return server if server.is_running() else None

    def is_closed(self) -> bool:
        """Tells whether this worker needs them no more."""
        return self._users.closed

    def close(self) -> None:
        """Waits until no other worker uses them, and ends those that this one started."""
        fcntl.flock(self._users, fcntl.LOCK_EX)
        for server, written in self._started:
            written.unlink(missing_ok=True)
            type(server).stop(server)
        self._users.close()
