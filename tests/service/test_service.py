"""For what the service says of itself: description, health, metrics, settings, tokens, logs, secrets."""
import json
import re
import shlex
import shutil
import subprocess

import jsonschema
import pytest

from servers import promtool
from service.serving import discarding

CANARY = "canary-0123456789-secret"


def test_it_says_what_it_is_and_how_it_is(service):
    about = service.get("/")
    assert about["name"] == "headwater" and about["links"]["openapi"] == "/openapi.json"
    for link in about["links"].values():
        assert service.ask("GET", link)[0] in (200, 405), link
    health = service.get("/health")
    assert (health["status"], health["service"], health["version"]) == ("healthy", "headwater", about["version"])
    assert service.get("/livez") == service.get("/readyz") == {"status": "ok"}


def test_the_page_for_people_loads_nothing_from_elsewhere(service):
    status, headers, page = service.ask("GET", "/docs")
    policy = headers["Content-Security-Policy"]
    assert status == 200 and "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert not re.search(r'(src|href)="(https?:)?//', page) and "<style" not in page and not re.search(r"<script>|<script [^>]*>[^<]", page)
    loaded = re.findall(r'(?:src|href)="(docs/[^"]+)"', page)
    assert len(loaded) == 3
    for path in loaded:
        status, headers, _ = service.ask("HEAD", "/" + path)
        assert status == 200 and headers["X-Content-Type-Options"] == "nosniff"
        assert headers.get_content_type() == ("text/css" if path.endswith(".css") else "text/javascript")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is missing: apt-get install chromium")
def test_a_browser_shows_the_page_with_every_path(service, tmp_path):
    told = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--virtual-time-budget=20000",
                           "--enable-logging=stderr", "--dump-dom", f"http://127.0.0.1:{service.port}/docs"], capture_output=True, text=True, timeout=120)
    assert "CONSOLE" not in told.stderr, [line for line in told.stderr.splitlines() if "CONSOLE" in line]
    shown = set(re.findall(r'data-path="([^"]+)"', told.stdout))
    assert set(service.get("/openapi.json")["paths"]) == shown


def test_answers_have_the_shape_that_the_description_gives_them(service):
    api = service.get("/openapi.json")
    run = service.run(discarding(until="2026-01-01T01:00:00Z"))
    service.ended(run)
    filled = {"id": run, "name": "payments"}
    for path, operations in api["paths"].items():
        if "get" not in operations or path.startswith("/emulator") or path == "/v1/events":  # which never ends
            continue
        status, headers, body = service.ask("GET", path.format(**filled))
        if path.endswith("/manifest"):
            assert status == 200
        answer = operations["get"]["responses"][str(status)]
        [(kind, media)] = answer["content"].items()
        assert headers["Content-Type"] == kind
        if kind != "text/event-stream":
            jsonschema.validate(body, {**media["schema"], "components": api["components"]})


def test_examples_have_the_shape_of_their_schemas(service):
    api = service.get("/openapi.json")
    examples = []
    for operations in api["paths"].values():
        for operation in operations.values():
            for place in [operation.get("requestBody", {}), *operation["responses"].values()]:
                examples += [media for media in place.get("content", {}).values() if "example" in media]
    assert len(examples) > 5
    for media in examples:
        jsonschema.validate(media["example"], {**media["schema"], "components": api["components"]})


def test_packs_are_listed_and_described(service, headwater, tmp_path):
    names = [pack["name"] for pack in service.get("/v1/packs")["packs"]]
    assert "payments" in names
    [described] = json.loads(headwater("describe", "payments", "--format", "json", cwd=tmp_path).stdout)
    assert service.get("/v1/packs/payments") == described
    for name in ("none", "..", "%2e%2e", "payments.yaml"):
        assert service.ask("GET", f"/v1/packs/{name}")[0] in (400, 404)


def test_lint_tells_every_mistake_with_its_place(service):
    text = "packs: {paymens: {}}\nclock: {until: yesterday}\n"
    status, _, body = service.ask("POST", "/v1/lint", text, Content_Type="application/yaml")
    assert status == 200 and not body["is_valid"]
    errors = [one for one in body["diagnostics"] if one["severity"] == "error"]
    assert {one["line"] for one in errors} == {1, 2} and all(one["message"] for one in errors)
    assert service.ask("POST", "/v1/lint", discarding(until="2026-01-02T00:00:00Z"))[2]["is_valid"]


def test_doubtful_json_is_refused(service):
    for text in ('{"packs": {}, "packs": {}}', '\ufeff{}', "[" * 100_000, '{"a": 1e999}', "{", "", "\x00", '"\\ud800"'):
        status, _, problem = service.ask("POST", "/v1/lint", text.encode())
        assert status == 400 and problem["detail"], text[:40]
    assert service.ask("POST", "/v1/lint", b"packs: \xff", Content_Type="application/yaml")[0] == 400


def test_metrics_are_what_prometheus_reads(service):
    for path in ("/health", "/a", "/b", "/v1/runs/x", "/v1/runs/y"):
        service.ask("GET", path)
    service.ask("BREW", "/health")
    page = service.get("/metrics")
    sample = re.compile(r'^[a-z_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? [0-9.e+-]+$')
    kinds = {}
    for line in page.splitlines():
        if line.startswith("# TYPE"):
            _, _, name, kind = line.split(" ")
            assert name not in kinds
            kinds[name] = kind
        elif not line.startswith("#"):
            assert sample.match(line), line
            name = re.sub(r"_(bucket|sum|count)$", "", re.split(r"[{ ]", line)[0])
            assert name in kinds or re.split(r"[{ ]", line)[0] in kinds, line
    assert 'route="none"' in page and 'route="/v1/runs/{id}"' in page and 'method="other"' in page
    assert "/v1/runs/x" not in page and "BREW" not in page
    assert all(name.endswith("_total") for name, kind in kinds.items() if kind == "counter")
    assert promtool.check(page) == ""


def test_runs_and_their_targets_have_series_as_long_as_they_go_on(serve):
    service = serve("--max-running", "2")
    outputs = [{"streams": "transactions", "to": to} for to in ("discard:", *(f"file:out/{one}" for one in range(20)))]
    run = service.run({"scenario": "many outputs", **discarding(start="2026-01-01T00:00:00Z", rate="1000/s"), "outputs": outputs})
    service.wait_for(run, lambda body: body["sinks"] and body["sinks"][0]["acknowledged"] > 100 and body["records"] > 500)
    service.run(discarding(start="2026-01-01T00:00:00Z", rate="10/s"))
    waiting = service.run(discarding(until="2026-01-01T00:01:00Z"))
    page = service.get("/metrics")
    labels = f'run="{run}",name="many outputs",kind="run"'
    value = lambda name, more="": float(re.search(rf"^{name}{{{re.escape(labels + more)}}} (\S+)$", page, re.MULTILINE)[1])
    assert value("headwater_run_state", ',state="running"') == 1 and value("headwater_run_records_total") > 500 and value("headwater_run_waiting") == 0
    assert value("headwater_run_target_acknowledged_total", ',output="1",target="discard"') > 100
    assert value("headwater_run_target_records_total", ',output="17",target="others"') > 4 * 100
    assert 'output="18"' not in page and waiting not in page and "headwater_run_series_left_out 0\n" in page
    assert promtool.check(page) == ""
    service.ask("POST", f"/v1/runs/{run}/stop")
    service.ended(run)
    assert run not in service.get("/metrics")


def test_promtool_is_able_to_complain():
    assert "lines" in promtool.check("# HELP a_total A.\n# TYPE a_total gauge\na_total 1\na_lines 2\n") or promtool.check("a{b 1\n")


def test_a_token_is_asked_for_where_one_is_set(serve):
    service = serve(HEADWATER_TOKEN=CANARY)
    assert service.ask("GET", "/health")[0] == service.ask("GET", "/livez")[0] == 200
    for fields in ({}, {"Authorization": CANARY}, {"Authorization": "Bearer"}, {"Authorization": f"Bearer {CANARY}x"}, {"Authorization": "Bearer " + CANARY[:-1]}):
        for method, path in (("GET", "/v1/runs"), ("POST", "/emulator"), ("GET", "/metrics"), ("GET", "/")):
            status, headers, _ = service.ask(method, path, **fields)
            assert status == 401 and headers["WWW-Authenticate"] == "Bearer"
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer "):
        assert service.ask("GET", "/v1/runs", Authorization=f"{scheme} {CANARY}")[0] == 200
    api = service.ask("GET", "/openapi.json", Authorization=f"Bearer {CANARY}")[2]
    assert api["security"] == [{"token": []}] and api["paths"]["/health"]["get"]["security"] == []


def test_a_token_for_looking_changes_nothing(serve, headwater):
    looking = "a token of those who look"
    service = serve(HEADWATER_TOKEN=CANARY, HEADWATER_READ_TOKEN=looking)
    look, work = {"Authorization": f"Bearer {looking}"}, {"Authorization": f"Bearer {CANARY}"}
    run = service.ask("POST", "/v1/runs", discarding(start="2026-01-01T00:00:00Z", rate="100/s"), **work)[2]["id"]
    for path in ("/v1/runs", f"/v1/runs/{run}", f"/v1/runs/{run}/scenario", "/v1/packs", "/metrics", "/"):
        assert service.ask("GET", path, **look)[0] == service.ask("HEAD", path, **look)[0] == 200, path
    for method, path, body in (("POST", "/v1/runs", discarding()), ("POST", f"/v1/runs/{run}/stop", None), ("DELETE", f"/v1/runs/{run}", None),
                               ("POST", "/v1/packs", {}), ("POST", "/v1/preview", {}), ("POST", "/emulator", {}), ("DELETE", "/v1/packs/x", None)):
        status, _, problem = service.ask(method, path, body, **look)
        assert status == 403 and "look" in problem["detail"], path
    assert service.ask("GET", f"/v1/runs/{run}", **look)[2]["state"] in ("accepted", "provisioning", "running")
    assert service.ask("GET", "/v1/runs", Authorization=f"Bearer {looking}x")[0] == 401
    assert looking not in service.log.read_text()
    for variables in ({"HEADWATER_READ_TOKEN": looking}, {"HEADWATER_READ_TOKEN": CANARY, "HEADWATER_TOKEN": CANARY}, {"HEADWATER_READ_TOKEN": "x", "HEADWATER_TOKEN": CANARY}):
        told = headwater("serve", "--print-config", check=False, env={"PATH": "/usr/bin:/bin", **variables})
        assert told.returncode == 2 and "HEADWATER_READ_TOKEN" in told.stderr and looking not in told.stderr


FOREIGN_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "KAFKA_SASL_PASSWORD")  # read by sinks, no settings
EMULATION = {"emulation_domain": "transaction", "timeout": 0, "format_type": "json", "sync_type": "grouped", "max_chunk_size": 1}


def scenario_to(to):
    return {**discarding(until="2026-01-01T01:00:00Z"), "outputs": [{"streams": "transactions", "to": to}]}


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_appear_nowhere(serve, headwater, form):
    """Neither what was set nor what a client sends by mistake is told again or kept."""
    names = re.findall(r"^(\w*(?:SECRET|PASSWORD|TOKEN)\w*)=", headwater("serve", "--print-config").stdout, re.MULTILINE)
    assert len(names) >= 3
    given = {name: f"{CANARY}{place}" for place, name in enumerate((*names, *FOREIGN_SECRETS))}
    masked = headwater("serve", "--print-config", env={"PATH": "/usr/bin:/bin", **given}).stdout
    assert CANARY not in masked and all(f"{name}=****\n" in masked for name in names)
    variables = {**given, "LOG_LEVEL": "DEBUG", "KAFKA_USERNAME": "me", "AWS_ACCESS_KEY_ID": "AK", "MINIO_ENDPOINT": "127.0.0.1:1", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    service = serve("--log-format", form, **variables)
    token = {"Authorization": f"Bearer {given['HEADWATER_TOKEN']}"}
    told = []

    def ask(*request, **fields):
        status, _, answer = service.ask(*request, **{**token, **fields})
        told.append(json.dumps(answer))
        return status, answer

    for sync in ("minio", "kafka"):
        assert ask("POST", "/emulator", {**EMULATION, "emulator_sync": sync})[0] == 201
    assert ask("POST", "/v1/runs", discarding(until="2026-01-01T01:00:00Z"))[0] == 202
    for sent in (f"s3://{CANARY}x:{CANARY}y@host/bucket", f"s3://bucket?secret_key={CANARY}z", f"s3://bucket?endpoint=http://u:{CANARY}w@host",
                 f"kafka://u:{CANARY}v@host:9092/topic", f"kafka://host:9092/topic?sasl.password={CANARY}t"):
        assert ask("POST", "/v1/runs", scenario_to(sent))[0] == 400, sent
        assert ask("POST", "/v1/lint", scenario_to(sent))[0] == 200
    assert ask("GET", "/v1/runs", Authorization=f"Bearer {CANARY}wrong")[0] == 401
    assert ask("GET", f"/v1/runs?token={CANARY}q")[0] == 400
    runs = [run["id"] for run in ask("GET", "/v1/runs")[1]["runs"]]
    for path in ("/metrics", "/openapi.json", "/docs", "/", "/health", "/none", *(f"/v1/runs/{run}{part}" for run in runs for part in ("", "/scenario", "/manifest"))):
        ask("GET", path)
    for emulation in runs:
        ask("GET", f"/emulator/{emulation}/status")
    service.kill()
    kept = [path.read_bytes().decode(errors="replace") for path in service.folder.rglob("*") if path.is_file()]
    assert len(kept) > 1
    for text in kept + told:
        for found in re.finditer(CANARY, text):
            raise AssertionError(text[max(found.start() - 200, 0):found.end() + 20])


def test_settings_are_printed_with_secrets_masked(headwater, tmp_path):
    config = tmp_path / "settings.env"
    config.write_text(f"MINIO_SECRET_KEY={CANARY}\nHEADWATER_PORT=1234\nKAFKA_BOOTSTRAP_SERVERS=kafka:9092\n")
    told = headwater("serve", "--config", config, "--port", 99, "--print-config").stdout
    assert CANARY not in told and "MINIO_SECRET_KEY=****\n" in told
    assert "HEADWATER_PORT=99\n" in told and "KAFKA_BOOTSTRAP_SERVERS=kafka:9092\n" in told


@pytest.mark.parametrize("flags, variables, level", [
    ([], {}, "INFO"), ([], {"LOG_LEVEL": "warning"}, "warning"), (["--log-level", "info"], {"LOG_LEVEL": "DEBUG"}, "info"),
    (["--debug"], {}, "DEBUG"), (["--verbose"], {"LOG_LEVEL": "ERROR"}, "DEBUG"), (["--log-level", "CRITICAL"], {}, "CRITICAL")])
def test_the_log_level_has_the_names_of_the_emulator(headwater, tmp_path, flags, variables, level):
    told = headwater("serve", *flags, "--print-config", cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **variables}).stdout
    assert f"LOG_LEVEL={level}\n" in told


@pytest.mark.parametrize("flags", [["--port", "x"], ["--host", "0.0.0.0"], ["--max-running", "0"], ["--config", "none.env"], ["--log-level", "LOUD"], ["--host", "not-an-address", "--allow-plaintext", "true"]])
def test_wrong_settings_end_with_exit_code_2(headwater, flags, tmp_path):
    found = headwater("serve", *flags, check=False, cwd=tmp_path)
    assert found.returncode == 2 and "Setting" in found.stderr


def test_an_address_that_is_taken_ends_with_exit_code_3(service, headwater, tmp_path):
    found = headwater("serve", "--port", service.port, "--data", tmp_path / "data", check=False)
    assert found.returncode == 3 and str(service.port) in found.stderr


def test_a_path_makes_no_other_fields_in_the_log(serve):
    service = serve()
    service.ask("GET", "/a%20status=200%20x%22y%3D")
    assert service.stop() == 0
    [line] = [line for line in service.log.read_text().splitlines() if "/a" in line and "request" in line]
    fields = [field for field in shlex.split(line) if field.startswith("status=")]
    assert fields == ["status=404"] and '"/a status=200 x\\"y="' in line


def test_a_path_hides_nothing_in_the_log(serve):
    """Ends of lines, controls of a terminal, and marks that turn the direction of writing are spelled out."""
    service = serve()
    for hidden in ("%C2%9B31m", "%C2%85x", "%E2%80%A8x", "%E2%80%AEx", "%E2%81%A6x", "%EF%BB%BFx"):
        assert service.ask("GET", f"/z{hidden}")[0] == 404
    service.ask("GET", "/z%C3%A4%E6%BC%A2")
    assert service.stop() == 0
    log = service.log.read_text(encoding="utf-8")
    lines = [line for line in log.split("\n") if "path=" in line and "/z" in line]
    assert len(lines) == 7 and all('path="/z\\u' in line and line.isascii() for line in lines[:6]), lines
    assert "path=/zä漢 " in lines[6]


def test_each_request_has_one_line_in_the_log(serve):
    service = serve("--log-format", "json")
    _, headers, _ = service.ask("GET", "/livez")
    assert service.stop() == 0
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    [line] = [line for line in lines if line.get("id") == headers["X-Request-Id"]]
    assert (line["message"], line["method"], line["path"], line["status"]) == ("request", "GET", "/livez", "200")
