"""For tokens that Kafka's brokers take: a key of our own, signed tokens (JWT), and an endpoint that gives them to a client."""
import base64
import http.server
import json
import pathlib
import subprocess
import threading
import time
import urllib.parse

from servers.installing import program, run

CLIENT, SECRET = "headwater-client", "headwater-client-secret"
ISSUER, AUDIENCE = "https://tokens.test", "kafka"
KEY_NAME = "headwater-test-key"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Signer:
    """A key in a folder, and the set of keys (JWKS) by which brokers check what it signed."""

    def __init__(self, folder: pathlib.Path):
        self._key = folder / "tokens.key"
        self.keys_file = folder / "tokens.jwks"
        if not self.keys_file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            run([program("openssl"), "genrsa", "-out", self._key, "2048"])
            shown = subprocess.run([program("openssl"), "rsa", "-in", self._key, "-noout", "-modulus"], capture_output=True, text=True, check=True)
            modulus = bytes.fromhex(shown.stdout.strip().partition("=")[2])
            key = {"kty": "RSA", "kid": KEY_NAME, "use": "sig", "alg": "RS256", "n": _text(modulus), "e": "AQAB"}
            self.keys_file.write_text(json.dumps({"keys": [key]}), encoding="utf-8")

    def token(self, lifetime_s: float = 3600, **claims) -> str:
        """Gives a token that counts for so long from now."""
        now = time.time()
        body = {"iss": ISSUER, "aud": AUDIENCE, "sub": CLIENT, "iat": int(now), "exp": int(now + lifetime_s), **claims}
        parts = [_text(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "kid": KEY_NAME}, body)]
        signed = subprocess.run([program("openssl"), "dgst", "-sha256", "-sign", self._key], input=".".join(parts).encode(),
                                capture_output=True, check=True)
        return ".".join([*parts, _text(signed.stdout)])


class TokenEndpoint:
    """Gives tokens by client credentials (RFC 6749, section 4.4), and keeps what was asked."""

    def __init__(self, signer: Signer, lifetime_s: float = 3600):
        self.signer, self.lifetime_s = signer, lifetime_s
        self.status = 200  # of answers, beside refusals
        self.asked: list[dict] = []  # fields of each request
        self.given = 0
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            log_message = lambda *_: None

            def do_POST(self):
                fields = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                endpoint.asked.append(fields)
                status, answer = endpoint._answer(self.headers.get("Authorization", ""), fields)
                body = json.dumps(answer).encode()
                self.send_response_only(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"

    def _answer(self, authorization: str, fields: dict) -> tuple[int, dict]:
        if authorization != "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode():
            return 401, {"error": "invalid_client"}
        if fields.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        if self.status != 200:
            return self.status, {"error": "temporarily_unavailable"}
        self.given += 1
        return 200, {"access_token": self.signer.token(self.lifetime_s), "token_type": "Bearer", "expires_in": self.lifetime_s}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
