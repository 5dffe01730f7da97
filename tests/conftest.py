"""For what every test outside the unit tests needs: the program, real servers, and the choice of slow ones."""
import os
import pathlib
import shutil
import subprocess
from functools import partial

import pytest
from _pytest.nodeid import NodeId

from proxy import Proxy
from servers import ports, versions
from servers.kafka import Kafka
from servers.minio import Minio
from servers.spark import Spark
from sharing import SharedServers
from timing import FolderSeconds
from workers import LONGEST_FIRST, WORKER, FilesAndGroups, group_of, scope_of

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARED = pytest.StashKey[SharedServers]()


def pytest_configure(config):
    if WORKER:
        ports.take_share(int(WORKER.removeprefix("gw")), int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    elif target := os.environ.get("HEADWATER_SUITES"):
        config.pluginmanager.register(FolderSeconds(pathlib.Path(target)))


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("long") and os.environ.get("HEADWATER_LONG") != "1":
            item.add_marker(pytest.mark.skip(reason="slow: ./dev test --long runs it"))
        if WORKER and (group := group_of(item)):
            item._id = NodeId.parse(f"{item.nodeid}@{group}")  # where the scheduler looks; xdist 3.8 puts it where pytest 9 does not
    if WORKER:
        places = {scope: place for place, scope in enumerate(LONGEST_FIRST)}
        items.sort(key=lambda item: places.get(scope_of(item.nodeid), len(places)))


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False
    return FilesAndGroups(config, log) if config.option.dist == "loadgroup" else None


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
def shared_servers(request, tmp_path_factory):
    """Gives what the workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    request.config.stash[SHARED] = SharedServers((base.parent if WORKER else base) / "shared")
    return request.config.stash[SHARED]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    """Waits for the other workers here; behind the last test the wait would count as that test's."""
    if SHARED in session.config.stash:
        session.config.stash[SHARED].close()


@pytest.fixture(scope="session")
def kafka(shared_servers):
    """Gives a Kafka of one node with plain, TLS and SASL listeners."""
    return shared_servers.get("kafka", Kafka)


@pytest.fixture(scope="session")
def kafka_before_4(shared_servers):
    """Gives a Kafka of the line before 4, for what that one alone does."""
    return shared_servers.get("kafka_before_4", partial(Kafka, version=versions.KAFKA_BEFORE_4))


@pytest.fixture(scope="session")
def minio(shared_servers):
    """Gives a MinIO."""
    return shared_servers.get("minio", Minio)


@pytest.fixture(scope="session")
def minio_tls(shared_servers):
    """Gives a MinIO behind TLS; a client must trust its ca_file."""
    return shared_servers.get("minio_tls", partial(Minio, tls=True))


@pytest.fixture(scope="session")
def own_kafka(tmp_path_factory, servers_started):
    """Gives a Kafka of one node that a test may take away."""
    yield from _serve(Kafka(tmp_path_factory.mktemp("own_kafka")), servers_started)


@pytest.fixture(scope="session")
def kafka3(tmp_path_factory, servers_started):
    """Gives a Kafka of three nodes that keeps three copies of everything; a test may take nodes away."""
    yield from _serve(Kafka(tmp_path_factory.mktemp("kafka3"), nodes=3), servers_started)


@pytest.fixture(scope="session")
def own_minio(tmp_path_factory, servers_started):
    """Gives a MinIO that a test may take away."""
    yield from _serve(Minio(tmp_path_factory.mktemp("own_minio")), servers_started)


@pytest.fixture(scope="session")
def spark(tmp_path_factory, minio):
    """Gives a Spark that reads and writes MinIO by s3a://."""
    one = Spark(tmp_path_factory.mktemp("spark"), {
        "spark.hadoop.fs.s3a.endpoint": minio.endpoint, "spark.hadoop.fs.s3a.access.key": minio.user,
        "spark.hadoop.fs.s3a.secret.key": minio.password, "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false"})
    yield one
    one.stop()


@pytest.fixture
def kafka_proxy(own_kafka):
    """Gives a proxy before the only node of own_kafka; who comes in by its address is sent back to it."""
    ports = own_kafka.nodes[1].ports
    with Proxy(ports.proxied, ports.proxy) as proxy:
        yield proxy


@pytest.fixture
def minio_proxy(minio):
    """Gives a proxy before MinIO."""
    with Proxy(minio.port) as proxy:
        yield proxy
