"""For what a real server cannot be made to say: a front before MinIO that gives answers of its own to chosen requests."""
import http.client
import http.server
import threading

CHUNK_BYTES = 1 << 20


class Answer:
    """Given instead of passing a request on, `times` times."""

    def __init__(self, status, code, times=1, body_unread=False, **headers):
        self.status, self.times, self.body_unread, self.headers = status, times, body_unread, headers
        self.body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>so the test says</Message></Error>".encode()
        self.given = 0


class Front:
    """Passes requests on as they are, so that signatures stay right, unless an answer is set for them."""

    def __init__(self, port):
        self.requests = []  # method and address of each
        self._answers = []
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            log_message = lambda *_: None

            def handle_expect_100(self):
                answer = front._find(self.command, self.path, self.headers)
                if answer and answer.body_unread:
                    self._give(answer)
                    self.close_connection = True
                    return False
                return super().handle_expect_100()

            def _give(self, answer):
                answer.given += 1
                self.send_response_only(answer.status)
                for name, value in {"Date": self.date_time_string(), **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

            def _serve(self):
                front.requests.append(f"{self.command} {self.path}")
                answer = front._find(self.command, self.path, self.headers)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if answer:
                    return self._give(answer)
                server = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() != "expect":
                        server.putheader(name, value)
                server.endheaders(body)
                back = server.getresponse()
                content = back.read()
                self.send_response_only(back.status)
                for name, value in back.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", back.getheader("Content-Length") if self.command == "HEAD" else str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                server.close()

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="front", daemon=True)
        self._thread.start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, method, mark, answer):
        """Sets an answer to requests of a method whose address or headers hold a mark."""
        self._answers.append((method, mark, answer))
        return answer

    def _find(self, method, path, headers):
        for wanted, mark, answer in self._answers:
            if method == wanted and (mark in path or mark in headers) and answer.given < answer.times:
                return answer
        return None

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
