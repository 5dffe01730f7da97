"""For packs of clients' own: given, checked with positions, kept by version, named by runs, deleted without harm to any."""
import json
import sqlite3

import pytest

from service.serving import discarding
from service.test_restarts import lines_of, more, resume, stop

SHOP = """pack: shop
version: {version}
summary: Sells things.
parameters:
  price: {{default: {price}, type: int, help: Of each thing.}}
streams:
  orders:
    rate: 50/s
    fields:
      order: =uuid()
      paid: =price
"""
CLOCK = {"start": "2026-01-01T00:00:00Z", "rate": "2000/s"}


def shop(version=1, price=10, name="shop"):
    return SHOP.format(version=version, price=price).replace("pack: shop", f"pack: {name}")


def give(service, text, wanted=201):
    status, headers, body = service.ask("POST", "/v1/packs", text, Content_Type="application/yaml")
    assert status == wanted, body
    return headers, body


def selling(pack, folder, **clock):
    return {"packs": {pack: {}}, "clock": {**CLOCK, **clock}, "outputs": [{"streams": "orders", "to": f"file:{folder}"}]}


def prices(folder):
    return {json.loads(line)["paid"] for line in lines_of(folder)}


def test_a_pack_that_was_given_is_listed_described_read_back_and_run(service):
    headers, body = give(service, shop())
    assert headers["Location"] == "/v1/packs/shop?version=1"
    assert (body["name"], body["version"], body["summary"], body["diagnostics"]) == ("shop", "1", "Sells things.", [])
    [listed] = [one for one in service.get("/v1/packs")["packs"] if one["name"] == "shop"]
    assert listed["origin"] == "kept" and listed["created"] == body["created"]
    assert service.get("/v1/packs/shop/source") == shop()
    assert service.get("/v1/packs/shop?version=1")["pack"] == "shop"
    run = service.ended(service.run(selling("shop", "first", until="2026-01-01T00:01:00Z")))
    assert run["state"] == "completed" and run["packs"] == [{"name": "shop", "version": "1"}]
    assert prices(service.folder / "files" / "first") == {10}
    assert service.ask("POST", "/v1/lint", selling("shop", "x", until="2026-01-01T00:01:00Z"))[2]["is_valid"]
    [stream] = service.ask("POST", "/v1/preview?records=2", {"packs": {"shop": {}}})[2]["streams"]
    assert stream["name"] == "shop.orders" and len(stream["records"]) == 2


def test_a_version_is_named_or_the_last_one_meant(service):
    for version, price in ((1, 11), (3, 13), (2, 12)):
        give(service, shop(version, price, "market"))
    assert give(service, shop(3, 13, "market"), 200)[1]["version"] == "3", "it is the same"
    status, _, problem = service.ask("POST", "/v1/packs", shop(3, 99, "market"), Content_Type="application/yaml")
    assert status == 409 and problem["detail"].endswith("market@3")
    for pack, price in (("market@1", 11), ("market@3", 13), ("market", 12)):
        run = service.ended(service.run(selling(pack, f"of-{pack}", until="2026-01-01T00:01:00Z")))
        assert run["state"] == "completed" and prices(service.folder / "files" / f"of-{pack}") == {price}
    status, _, problem = service.ask("POST", "/v1/runs", selling("market@9", "x"))
    assert status == 400 and "market@9" in problem["detail"]
    status, _, problem = service.ask("POST", "/v1/runs", {**selling("market@1", "x"), "packs": {"market@1": {}, "market@2": {}}})
    assert status == 400 and "twice" in problem["detail"]
    assert service.ask("POST", "/v1/runs", selling("payments@9", "x"))[0] == 400, "built-in ones have a version, too"


def test_a_run_keeps_the_version_that_it_began_with(serve, headwater, tmp_path):
    service = serve()
    give(service, shop(1, 10))
    give(service, "pack: outlet\nextends: shop\nparameters: {price: {default: 5}}\n")
    runs = [service.run(selling(pack, pack)) for pack in ("shop", "outlet")]
    for run in runs:
        more(service, run, 500)
    service.kill()
    service = serve()
    give(service, shop(2, 20))
    assert service.ask("DELETE", "/v1/packs/shop?version=1")[0] == 204
    assert service.ask("DELETE", "/v1/packs/outlet")[0] == 204
    assert service.ask("GET", "/v1/packs/shop/source?version=1")[0] == 404
    assert service.ask("POST", "/v1/runs", selling("outlet", "x"))[0] == 400
    for run in runs:
        more(service, run, 500)
        stop(service, run)
    assert service.stop() == 0
    service = serve()
    for run, pack, price in zip(runs, ("shop", "outlet"), (10, 5)):
        resume(service, run)
        more(service, run, 500)
        ended = stop(service, run)
        assert len(lines_of(service.folder / "files" / pack)) == ended["records"] and prices(service.folder / "files" / pack) == {price}
        _, headers, _ = service.ask("POST", f"/v1/runs/{run}/verify", {})
        assert service.wait_for_answer(headers["Location"], lambda body: body["state"] == "completed")["clean"]
    give(service, shop(1, 30))
    assert service.ended(service.run(selling("shop@1", "anew", until="2026-01-01T00:01:00Z")))["state"] == "completed"
    assert prices(service.folder / "files" / "anew") == {30}, "a version that was deleted may be given anew"
    assert prices(service.folder / "files" / "shop") == {10}


def test_every_mistake_of_a_pack_is_named_with_its_place_and_nothing_is_kept(service):
    text = "pack: broken\nstreams:\n  a:\n    rate: 1/s\n    fields:\n      x: =rwo\n      y: =uniform(2..1)\n  b: {rate: fast, fields: {z: 1}}\n"
    status, _, problem = service.ask("POST", "/v1/packs", text, Content_Type="application/yaml")
    assert status == 400 and {one["line"] for one in problem["errors"]} >= {6, 8} and all(one["column"] > 0 for one in problem["errors"])
    assert service.ask("GET", "/v1/packs/broken")[0] == 404
    for body, word in (("packs: {payments: {}}", "no pack"), ("[]", "no pack"), ("pack: a/b\nstreams: {}\n", "letters"), ("pack: {x: 1}", "no pack"),
                       ("pack: x\nversion: 'a b'\n", "letters"), ("pack: [", ""), (b"pack: \xff", "UTF-8")):
        status, _, problem = service.ask("POST", "/v1/packs", body, Content_Type="application/yaml")
        assert status == 400 and word in problem["detail"], (body, problem)
    status, _, problem = service.ask("POST", "/v1/packs", shop(name="payments"), Content_Type="application/yaml")
    assert status == 409 and "payments" in problem["detail"]


@pytest.mark.parametrize("path", ["/etc/passwd", "names.csv", "../names.csv", "data/runs.db"])
def test_a_pack_of_a_client_reads_nothing_of_the_machine(service, path):
    (service.folder / "names.csv").write_text("name\nsecret\n", encoding="utf-8")
    text = f"pack: curious\nlists: {{names: {{file: {path}}}}}\nstreams: {{a: {{rate: 1/s, fields: {{name: =pick(names).name}}}}}}\n"
    status, _, problem = service.ask("POST", "/v1/packs", text, Content_Type="application/yaml")
    assert status == 400 and "secret" not in json.dumps(problem)


def test_unknown_packs_are_not_found(service):
    for method, path in (("GET", "/v1/packs/none/source"), ("DELETE", "/v1/packs/none"), ("DELETE", "/v1/packs/payments"), ("GET", "/v1/packs/none?version=1")):
        assert service.ask(method, path)[0] == 404, path
    for path in ("/v1/packs/payments?version=../x", "/v1/packs/payments?other=1"):
        assert service.ask("GET", path)[0] == 400, path


def test_folders_of_packs_are_a_setting_and_a_broken_one_is_in_nobodys_way(serve, headwater, tmp_path):
    folder = tmp_path / "packs of ours"
    (folder / "deep").mkdir(parents=True)
    (folder / "shop.yaml").write_text(shop(4, 40), encoding="utf-8")
    (folder / "broken.yaml").write_text("pack: broken\nstreams: [", encoding="utf-8")
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00" * 1000)
    for place in (folder, folder / "deep"):
        (place / "twice.yaml").write_text(shop(name="twice"), encoding="utf-8")
    service = serve("--packs", str(folder))
    run = service.ended(service.run(selling("shop", "of-folder", until="2026-01-01T00:01:00Z")))
    assert run["state"] == "completed" and run["packs"] == [{"name": "shop", "version": "4"}]
    assert {"shop": "folder", "payments": "built-in"}.items() <= {one["name"]: one["origin"] for one in service.get("/v1/packs")["packs"]}.items()
    for name, word in (("broken", ""), ("twice", "Two files are the pack twice")):
        status, _, problem = service.ask("POST", "/v1/runs", selling(name, "x"))
        assert status == 400 and word in problem["detail"], problem
    assert service.ask("POST", "/v1/packs", shop(), Content_Type="application/yaml")[0] == 409, "the name is that of a folder"
    printed = headwater("serve", "--packs", "a:b", "--print-config").stdout
    assert "HEADWATER_PACKS=a:b\n" in printed and "--packs" in headwater("serve", "--help").stdout
    headwater("run", "shop@4", "--packs", folder, "--count", "5", "--to", "discard:", "--state", "none", cwd=tmp_path)
    told = headwater("run", "shop@5", "--packs", folder, "--count", "5", "--to", "discard:", check=False, cwd=tmp_path)
    assert told.returncode == 2 and "shop@5" in told.stderr and "There is 4" in told.stderr


def test_packs_and_their_runs_are_forgotten_together(serve):
    service = serve("--max-kept", "1")
    give(service, shop(1))
    run = service.run(selling("shop", "kept", until="2026-01-01T00:01:00Z"))
    service.ended(run)
    assert service.ask("DELETE", "/v1/packs/shop")[0] == 204
    service.ended(service.run(discarding(until="2026-01-01T00:01:00Z")))
    service.wait_for_answer("/v1/runs", lambda page: run not in [one["id"] for one in page["runs"]])
    assert service.stop() == 0
    store = sqlite3.connect(service.folder / "data" / "runs.db")
    assert store.execute("SELECT count(*) FROM packs").fetchone() == (0,)
    store.close()
