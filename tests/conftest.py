"""For what every test outside the unit tests needs: the program, real servers, and the choice of slow ones."""
import os
import pathlib
import shutil
import subprocess

import pytest

from proxy import Proxy
from servers import versions
from servers.kafka import Kafka
from servers.minio import Minio

ROOT = pathlib.Path(__file__).resolve().parents[1]


def pytest_collection_modifyitems(items):
    if os.environ.get("HEADWATER_LONG") == "1":
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="slow: ./dev test --long runs it"))


@pytest.fixture(scope="session")
def program():
    """Gives the path of the program, for tests that start it on their own."""
    return pathlib.Path(os.environ.get("HEADWATER", ROOT / "build" / "release" / "headwater"))


@pytest.fixture(scope="session")
def headwater(program):
    """Gives a function that runs the program and returns its finished process; output is text."""

    def run(*arguments, check=True, **options):
        options = {"capture_output": True, "text": True, "timeout": 600, "stdin": subprocess.DEVNULL, **options}
        result = subprocess.run([program, *map(str, arguments)], **options)
        assert not check or result.returncode == 0, result.stderr
        return result

    return run


@pytest.fixture(scope="session")
def servers_started():
    """Collects the servers that fixtures started, so that none stays away for the next test."""
    return []


@pytest.fixture(autouse=True)
def servers_back(servers_started):
    """Starts again, after a test, what that test stopped, killed or paused."""
    yield
    for server in servers_started:
        if not server.is_running():
            server.start()


def _serve(server, started):
    try:
        server.start()
        started.append(server)
        yield server
    finally:
        if server in started:
            started.remove(server)
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory, servers_started):
    """Gives a Kafka of one node with plain, TLS and SASL listeners."""
    yield from _serve(Kafka(tmp_path_factory.mktemp("kafka")), servers_started)


@pytest.fixture(scope="session")
def kafka_before_4(tmp_path_factory, servers_started):
    """Gives a Kafka of the line before 4, for what that one alone does."""
    yield from _serve(Kafka(tmp_path_factory.mktemp("kafka_before_4"), version=versions.KAFKA_BEFORE_4), servers_started)


@pytest.fixture
def kafka_proxy(kafka):
    """Gives a proxy before the only node of Kafka; who comes in by its address is sent back to it."""
    ports = kafka.nodes[1].ports
    with Proxy(ports.proxied, ports.proxy) as proxy:
        yield proxy


@pytest.fixture
def minio_proxy(minio):
    """Gives a proxy before MinIO."""
    with Proxy(minio.port) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def kafka3(tmp_path_factory, servers_started):
    """Gives a Kafka of three nodes that keeps three copies of everything."""
    yield from _serve(Kafka(tmp_path_factory.mktemp("kafka3"), nodes=3), servers_started)


@pytest.fixture(scope="session")
def minio(tmp_path_factory, servers_started):
    """Gives a MinIO."""
    yield from _serve(Minio(tmp_path_factory.mktemp("minio")), servers_started)


@pytest.fixture(scope="session")
def minio_tls(tmp_path_factory, servers_started):
    """Gives a MinIO behind TLS; a client must trust its ca_file."""
    yield from _serve(Minio(tmp_path_factory.mktemp("minio_tls"), tls=True), servers_started)
