"""For tests that speak to `headwater serve`: one process of it with a folder of its own, and plain clients."""
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

from waiting import wait_until

PATIENCE_S = 60
OVER = {"completed", "stopped", "failed"}


class Service:
    """One running service. Its port is drawn; its log is kept."""

    def __init__(self, program, folder, *flags, writes_files=True, **variables):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / "serve.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MINIO_", "KAFKA_", "HEADWATER"))}
        with self.log.open("ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(
                [program, "serve", "--port", "0", "--data", folder / "data", *(["--files", folder / "files"] if writes_files else []), *flags],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env={**clean, **variables})
        self.port = self._announced_port(begin)

    def _announced_port(self, begin):
        def said():
            return self.log.read_bytes()[begin:].decode()

        try:
            return int(wait_until(lambda: re.search(r'Serving https?://[^\s"]+:(\d+)', said()), self.process, PATIENCE_S)[1])
        except AssertionError as error:
            raise AssertionError(f"Service does not begin, {error}: {said()}") from None

    def ask(self, method, path, body=None, **fields):
        """Gives status, fields and body; JSON is parsed."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        with contextlib.closing(client):
            fields = {name.replace("_", "-"): value for name, value in fields.items()}
            if body is not None and not isinstance(body, (str, bytes)):
                body = json.dumps(body)
            if body is not None:
                fields.setdefault("Content-Type", "application/json")
            client.request(method, path, body, fields)
            answer = client.getresponse()
            text = answer.read()
            if answer.headers["Content-Encoding"] == "gzip" and method != "HEAD":
                text = gzip.decompress(text)
        is_json = text and answer.headers.get_content_type().endswith("json")
        return answer.status, answer.headers, json.loads(text) if is_json else text.decode()

    def get(self, path):
        status, _, body = self.ask("GET", path)
        assert status == 200, body
        return body

    def run(self, scenario, **fields):
        status, headers, body = self.ask("POST", "/v1/runs", scenario, **fields)
        assert status == 202, body
        assert headers["Location"] == f"/v1/runs/{body['id']}"
        return body["id"]

    def wait_for(self, run, holds):
        """Gives a run as soon as it is as asked."""
        return self.wait_for_answer(f"/v1/runs/{run}", holds)

    def wait_for_answer(self, path, holds):
        """Gives the answer to a question as soon as it is as asked."""
        def looked():
            seen.append(self.get(path))
            return holds(seen[-1])

        seen = []
        try:
            wait_until(looked, self.process, PATIENCE_S)
        except AssertionError as error:
            raise AssertionError(f"{error}: {seen[-1:]}") from None
        return seen[-1]

    def ended(self, run):
        return self.wait_for(run, lambda body: body["state"] in OVER)

    def send(self, text):
        """Sends bytes as they are and gives everything that comes back until the service closes or says a whole answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S) as client:
            with contextlib.suppress(OSError):  # the service may have had enough before
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
            parts = []
            with contextlib.suppress(ConnectionError):
                while part := client.recv(65536):
                    parts.append(part)
        return b"".join(parts)

    def stop(self):
        """Ends it as a container does, and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)


def discarding(**clock):
    """Gives a scenario that pours payments into nothing."""
    return {"packs": {"payments": {}}, "clock": clock, "outputs": [{"streams": "transactions", "to": "discard:"}]}


def filling(folder, **clock):
    """Gives a scenario that pours payments into a folder of the service."""
    return {"packs": {"payments": {}}, "clock": clock, "outputs": [{"streams": "transactions", "to": f"file:{folder}"}]}


def resident_kib(pid):
    """Gives the resident memory of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])
