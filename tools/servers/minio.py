"""For MinIO: an object store that checks signatures, digests and preconditions as S3 does."""
import os
import pathlib
import shutil
import ssl
import urllib.error
import urllib.request

from servers import versions
from servers.certificates import certificates_in
from servers.errors import ServerError
from servers.installing import once, program, run
from servers.ports import HOST, usual_or_free
from servers.process import Process

USER = "headwater"
PASSWORD = "headwater-secret"
REGION = "us-east-1"
USUAL_PORT = 9000
READY_S = 60


def install() -> pathlib.Path:
    """Gives the program, built by Go the first time; that takes minutes."""
    def make(folder: pathlib.Path) -> None:
        run([program("go"), "install", "-trimpath", "-ldflags=-s -w", f"github.com/minio/minio@{versions.MINIO}"],
            cwd=folder, env={**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"})

    return once(f"minio-{versions.MINIO}", make) / "minio"


class Minio:
    """One MinIO that keeps its port and its objects when it is stopped, killed and started again."""

    name = "minio"

    def __init__(self, folder: pathlib.Path, bound: bool = True, tls: bool = False, usual_ports: bool = False):
        self.folder = folder
        self.port = usual_or_free(USUAL_PORT if usual_ports else None)
        self.endpoint = f"{'https' if tls else 'http'}://{HOST}:{self.port}"
        self.user, self.password, self.region = USER, PASSWORD, REGION
        self._bound = bound
        self._process: Process | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = self._certify() if tls else None

    def _certify(self) -> pathlib.Path:
        """Puts certificates where MinIO looks for them."""
        made = certificates_in(self.folder / "certificates")
        shown = self.folder / "certs"
        shown.mkdir(exist_ok=True)
        shutil.copy(made.certificate, shown / "public.crt")
        shutil.copy(made.key, shown / "private.key")
        return made.authority

    def start(self) -> None:
        """Starts the server and returns when it answers; a running one stays, a paused one goes on."""
        if self._process and self._process.is_alive():
            self._process.resume()
        else:
            command = [install(), "server", "--quiet", "--address", f"{HOST}:{self.port}"]
            if self.ca_file:
                command += ["--certs-dir", self.folder / "certs"]
            self._process = Process.started([*command, self.folder / "data"], self.folder, self._bound, {
                "MINIO_ROOT_USER": self.user, "MINIO_ROOT_PASSWORD": self.password, "MINIO_SITE_REGION": self.region,
                "MINIO_DOMAIN": "localhost", "MINIO_UPDATE": "off", "MINIO_BROWSER": "off", "MINIO_CI_CD": "1"})
        self._process.wait_until(self._is_ready, "MinIO", READY_S)

    def is_running(self) -> bool:
        """Tells whether the server is there and not paused."""
        return self._process is not None and self._process.is_running()

    def _is_ready(self) -> bool:
        trusted = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        try:
            with urllib.request.urlopen(f"{self.endpoint}/minio/health/ready", timeout=5, context=trusted) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _running(self) -> Process:
        if self._process is None:
            raise ServerError(f"MinIO was not started: {self.endpoint}")
        return self._process

    def stop(self) -> None:
        """Stops the server in good order."""
        if self._process:
            self._process.stop()

    def kill(self) -> None:
        """Ends the server as a crash would."""
        self._running().kill()

    def pause(self) -> None:
        """Freezes the server: connections stay open, nothing answers."""
        self._running().pause()

    def resume(self) -> None:
        """Lets a paused server go on."""
        self._running().resume()

    def environment(self) -> dict[str, str]:
        """Gives what a client needs to know, under the names that the AWS tools read too."""
        return {
            "MINIO_ENDPOINT": self.endpoint,
            "MINIO_PIDS": str(self._running().pid),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.user,
            "AWS_SECRET_ACCESS_KEY": self.password,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            **({"AWS_CA_BUNDLE": str(self.ca_file)} if self.ca_file else {}),
        }

    def client(self, endpoint: str = "", **settings):
        """Gives a boto3 client of the server, or of a proxy before it; settings are those of botocore's Config."""
        import boto3  # heavy: only the tests that ask for a client pay for it
        import botocore.config

        return boto3.client("s3", endpoint_url=endpoint or self.endpoint, aws_access_key_id=self.user,
                            aws_secret_access_key=self.password, region_name=self.region,
                            verify=str(self.ca_file) if self.ca_file else None,
                            config=botocore.config.Config(s3={"addressing_style": "path"}, **settings))
