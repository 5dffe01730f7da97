"""For what the service costs and how long it lets clients wait: alone, and with eight emulations at full speed beside it."""

import os
import pathlib
import socket
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tools"), str(HERE.parent / "tests")]
PROGRAM = os.environ.get("HEADWATER", str(HERE.parent / "build/release/headwater"))
ROUNDS, REQUESTS, IN_A_ROW = 5, 8_000, 16
WAITED_S = 4
BAR_MS = 50
TICKS = os.sysconf("SC_CLK_TCK")


def processor_s(pid):
    """Gives the processor time of a process by now."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Client:
    """One connection that stays open, and does little itself."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()

    def ask(self, count):
        """Sends so many requests at once and reads all answers; each is JSON in one line."""
        self.socket.sendall(self.request * count)
        answer, ended = b"", 0
        while ended < count:
            part = self.socket.recv(1 << 20)
            if not part:
                raise SystemExit(f"Service closed the connection behind: {answer[-300:]}")
            answer, ended = answer + part, ended + part.count(b"}\n")
        if answer.count(b"HTTP/1.1 200") != count:
            raise SystemExit(f"Answer is not good: {answer[:200]}")


def cost(service, path, in_a_row):
    """Gives answers per second, and the service's processor time for one in microseconds."""
    client = Client(service.port, path)
    cpu, began = processor_s(service.process.pid), time.perf_counter()
    for _ in range(REQUESTS // in_a_row):
        client.ask(in_a_row)
    passed = time.perf_counter() - began
    client.socket.close()
    return REQUESTS / passed, 1e6 * (processor_s(service.process.pid) - cpu) / REQUESTS


def wait_ms(service, path):
    """Gives the median and the 99th percentile of the time to an answer."""
    client, times = Client(service.port, path), []
    until = time.perf_counter() + WAITED_S
    while time.perf_counter() < until:
        if len(times) % 5_000 == 4_999:  # a connection has a limit of requests
            client.socket.close()
            client = Client(service.port, path)
        began = time.perf_counter()
        client.ask(1)
        times.append(1e3 * (time.perf_counter() - began))
    client.socket.close()
    cuts = statistics.quantiles(times, n=100)
    return statistics.median(times), cuts[98]


def emulate(service, domain):
    body = {"emulator_sync": "minio", "emulation_domain": domain, "timeout": 600, "format_type": "json", "sync_type": "chunked",
            "max_chunk_size": 4 << 20, "rate": 0}
    status, _, answer = service.ask("POST", "/emulator", body)
    if status != 201:
        raise SystemExit(f"Emulation is not accepted: {answer}")
    return answer["id"]


def main():
    from servers.minio import Minio
    from service.serving import Service

    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        minio = Minio(pathlib.Path(folder) / "minio")
        minio.start()
        service = Service(PROGRAM, pathlib.Path(folder) / "service", MINIO_ENDPOINT=minio.endpoint.split("//")[1],
                          MINIO_ACCESS_KEY=minio.user, MINIO_SECRET_KEY=minio.password)
        try:
            emulation = emulate(service, "transaction")
            service.ask("POST", f"/v1/runs/{emulation}/stop")
            service.ended(emulation)
            status = f"/emulator/{emulation}/status"
            print(f"{REQUESTS} requests a round, median of {ROUNDS} rounds; an access line for each")
            for path, name in (("/health", "health"), (status, "status")):
                for in_a_row in (1, IN_A_ROW):
                    rounds = [cost(service, path, in_a_row) for _ in range(ROUNDS)]
                    rate, cpu = (statistics.median(values) for values in zip(*rounds))
                    print(f"{name:<8} {in_a_row:>2} at once  {rate:9.0f} answers/s  {cpu:6.1f} us of processor time each", flush=True)
            running = [emulate(service, domain) for domain in ("transaction", "device-log") * 4]
            for one in running:
                service.wait_for(one, lambda body: body["records"] > 0)
            for path, name in (("/health", "health"), (status, "status"), (f"/emulator/{running[0]}/status", "status, running")):
                median, p99 = wait_ms(service, path)
                print(f"{name:<16} with eight emulations  {median:6.2f} ms median  {p99:6.2f} ms p99  {'below' if p99 < BAR_MS else 'ABOVE'} {BAR_MS} ms",
                      flush=True)
            records = sum(service.get(f"/v1/runs/{one}")["records"] for one in running)
            print(f"they made {records} records meanwhile")
        finally:
            service.kill()
            minio.stop()


if __name__ == "__main__":
    main()
