"""For the troubles of a network: a TCP proxy on loopback that refuses, holds, delays, and loses answers when told to."""
import asyncio
import threading

HOST = "127.0.0.1"
PIECE_BYTES = 64 * 1024
PATIENCE_S = 30
GO_ON = b"HTTP/1.1 100 "  # not yet the answer: asks for the body of the request


class _Link:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter):
        self.client, self.server = client, server
        self.asked = b""  # the end of what the client sent, to find a mark that lies in two pieces
        self.loses_answer = False

    def reset(self) -> None:
        for writer in (self.client, self.server):
            writer.transport.abort()


class Proxy:
    """Forwards connections to a port of loopback. Every method returns when what it says has come about."""

    def __init__(self, target: int, port: int = 0):
        self.target, self.port = target, port
        self.delay_s = 0.0  # how long each piece waits before it goes on
        self.connections = 0  # how many there were
        self.bytes_to = {"server": 0, "client": 0}
        self._links: set[_Link] = set()
        self._budget = {"server": None, "client": None}
        self._mark: bytes | None = None
        self._tripped = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._listener: asyncio.Server | None = None
        self.mend()

    @property
    def address(self) -> str:
        """Gives where clients come in."""
        return f"{HOST}:{self.port}"

    def cut(self) -> None:
        """Resets every connection and refuses new ones until mend()."""
        async def cut():
            self._close_listener()
            self._reset_all()
        self._do(cut())

    def reset(self) -> None:
        """Resets every connection; new ones are welcome."""
        async def reset():
            self._reset_all()
        self._do(reset())

    def hold(self) -> None:
        """Lets nothing through, though connections stay and new ones are taken, until mend(): a black hole."""
        async def hold():
            self._flowing.clear()
        self._do(hold())

    def mend(self) -> None:
        """Lets everything through again, what was held too."""
        async def mend():
            if self._listener is None:
                self._listener = await asyncio.start_server(self._accept, HOST, self.port)
                self.port = self._listener.sockets[0].getsockname()[1]
            self._flowing.set()
        self._do(mend())

    def reset_after(self, count: int, toward: str) -> None:
        """Resets every connection, once, when that many more bytes have gone to the `server` or the `client`."""
        self._tripped.clear()
        self._budget[toward] = count

    def lose_answer_to(self, mark: bytes) -> None:
        """Lets the next request that holds the mark reach the server, then resets its connection in place of the answer."""
        self._tripped.clear()
        self._mark = mark

    def wait_until_tripped(self, timeout_s: float = PATIENCE_S) -> bool:
        """Waits until reset_after or lose_answer_to has struck; false when it has not in time."""
        return self._tripped.wait(timeout_s)

    def close(self) -> None:
        """Ends every connection, and the proxy."""
        async def end():
            self._close_listener()
            self._reset_all()
            self._flowing.set()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)
        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _do(self, work) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def _close_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _reset_all(self) -> None:
        for link in list(self._links):
            link.reset()

    async def _accept(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            from_server, to_server = await asyncio.open_connection(HOST, self.target)
        except OSError:
            to_client.transport.abort()
            return
        link = _Link(to_client, to_server)
        self._links.add(link)
        try:
            await asyncio.gather(self._pump(link, "server", from_client, to_server), self._pump(link, "client", from_server, to_client))
        finally:
            self._links.discard(link)
            link.reset()

    async def _pump(self, link: _Link, toward: str, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Carries bytes one way until an end closes, then closes the other."""
        try:
            while piece := await source.read(PIECE_BYTES):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                await self._flowing.wait()
                if self._loses(link, toward, piece):
                    return
                piece, spent = self._within_budget(toward, piece)
                target.write(piece)
                await target.drain()
                self.bytes_to[toward] += len(piece)
                if spent:
                    await self._flush_and_reset_all(target)
                    return
            if target.can_write_eof():
                target.write_eof()
        except OSError:
            link.reset()

    def _loses(self, link: _Link, toward: str, piece: bytes) -> bool:
        """Notes a request that holds the mark; tells whether this piece is its answer, and resets the connection then."""
        if toward == "client":
            if not link.loses_answer or piece.startswith(GO_ON):
                return False
            link.reset()
            self._tripped.set()
            return True
        if self._mark is not None:
            asked = link.asked + piece
            link.asked = asked[-len(self._mark):]
            if self._mark in asked:
                self._mark, link.loses_answer = None, True
        return False

    def _within_budget(self, toward: str, piece: bytes) -> tuple[bytes, bool]:
        """Gives what may still go there, and whether the budget is spent with it."""
        budget = self._budget[toward]
        if budget is None:
            return piece, False
        if len(piece) < budget:
            self._budget[toward] = budget - len(piece)
            return piece, False
        self._budget[toward] = None
        return piece[:budget], True

    async def _flush_and_reset_all(self, target: asyncio.StreamWriter) -> None:
        """Hands over what was written, for an abort would throw it away, and resets every connection."""
        target.transport.set_write_buffer_limits(0)
        await target.drain()
        self._reset_all()
        self._tripped.set()
