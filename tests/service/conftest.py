"""For a service that tests share, and for making others."""
import pytest

from service.serving import Service


@pytest.fixture(scope="module")
def service(program, tmp_path_factory):
    """Gives a service that the tests of a file share."""
    one = Service(program, tmp_path_factory.mktemp("service"))
    yield one
    assert one.process.poll() is None, "the service ended by itself"
    assert one.stop() == 0


@pytest.fixture
def serve(program, tmp_path):
    """Gives a function that starts a service; those still running are ended behind the test."""
    started = []

    def start(*flags, folder="service", **variables):
        started.append(Service(program, tmp_path / folder, *flags, **variables))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()
