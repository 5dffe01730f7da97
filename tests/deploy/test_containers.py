"""For the files that make containers, as far as they can be read without any: images, ports, health, packages, paths."""
import pathlib
import re

import dockerfile_parse
import pytest
import yaml

from servers import kafka, minio, versions

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]


@pytest.fixture(scope="module")
def stages():
    """Gives the instructions of the Dockerfile, a list for each stage."""
    parser = dockerfile_parse.DockerfileParser(path=str(ROOT / "Dockerfile"))
    assert parser.lines
    stages = []
    for step in parser.structure:
        if step["instruction"] == "FROM":
            stages.append([])
        if step["instruction"] != "COMMENT":
            stages[-1].append((step["instruction"], step["value"]))
    return stages


def test_compose_has_the_services_that_the_program_pours_into(services):
    assert set(services) == {"headwater", "kafka", "minio"}
    assert services["headwater"]["depends_on"] == {name: {"condition": "service_healthy"} for name in ("kafka", "minio")}


def test_every_image_is_pinned(services):
    for name, service in services.items():
        assert re.fullmatch(r"[a-z/]+:[\w.-]*\d[\w.-]*", service["image"]), name
    assert services["kafka"]["image"].endswith(":" + versions.KAFKA), "the same Kafka as in tests"


def test_every_service_tells_its_health(services):
    for name, service in services.items():
        check = service["healthcheck"]
        assert check["test"][0] == "CMD" and len(check["test"]) > 1, name
        assert {"interval", "timeout", "retries"} <= set(check), name


def test_ports_are_those_of_loopback(services):
    published = {port for service in services.values() for port in service.get("ports", [])}
    usual = {kafka.USUAL_PORTS["kafka"][1][0], minio.USUAL_PORT}
    assert published == {f"127.0.0.1:{port}:{port}" for port in usual}


def test_who_is_spoken_to_listens_there(services):
    told = services["kafka"]["environment"]
    listening = dict(entry.split("://:") for entry in told["KAFKA_LISTENERS"].split(","))
    advertised = dict(entry.split("://") for entry in told["KAFKA_ADVERTISED_LISTENERS"].split(","))
    kinds = dict(entry.split(":") for entry in told["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert set(kinds) == set(listening) == set(advertised) | {told["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    for name, address in advertised.items():
        assert address.rsplit(":")[1] == listening[name]
    targets = [word.removeprefix("--to=") for word in services["headwater"]["command"] if word.startswith("--to=")]
    assert f"kafka://{advertised['INSIDE']}/$$(stream)" in targets

    account = services["headwater"]["environment"]
    store = services["minio"]["environment"]
    assert (account["AWS_ACCESS_KEY_ID"], account["AWS_SECRET_ACCESS_KEY"]) == (store["MINIO_ROOT_USER"], store["MINIO_ROOT_PASSWORD"])
    assert account["AWS_ENDPOINT_URL"] == f"http://minio:{minio.USUAL_PORT}"


def test_the_image_is_built_in_one_stage_and_run_in_another(stages):
    build, last = stages
    assert build[0] == ("FROM", "debian:13-slim AS build")
    assert last[0] == ("FROM", "debian:13-slim")
    assert ("RUN", "./dev package") in build
    assert ("COPY", "--from=build /headwater/build/packages/headwater_*.deb /tmp/") in last
    assert any("/tmp/headwater_*.deb" in value and "apt-get install" in value for instruction, value in last if instruction == "RUN")
    assert not any("-dev" in value or "g++" in value for _, value in last), "no compiler in what remains"


def test_the_program_does_not_run_as_root(stages):
    instructions = [instruction for instruction, _ in stages[-1]]
    assert ("USER", "headwater") in stages[-1]
    assert instructions.index("USER") < instructions.index("ENTRYPOINT")
    assert ("ENTRYPOINT", '["headwater"]') in stages[-1]


def test_what_is_copied_into_the_build_is_there(stages):
    for instruction, value in stages[0]:
        if instruction == "COPY":
            for source in value.split()[:-1]:
                assert (ROOT / source).exists(), source
