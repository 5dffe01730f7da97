"""For bodies that are nearly JSON: every case of JSONTestSuite at every request that takes JSON."""
import json
import pathlib

import pytest

from service.serving import resident_kib

CASES = json.loads((pathlib.Path(__file__).parent / "json_test_suite" / "cases.json").read_text())
STRICTER = {"y_object_duplicated_key", "y_object_duplicated_key_and_value"}  # names may come only once
GROWTH_KIB = 4096


def bytes_of(case):
    """Gives a case as the suite has it: the package lost bytes that are not UTF-8, and any such byte does."""
    text = case["repeated"] * case["times"] if "repeated" in case else case["text"]
    return text.encode("utf-8", "surrogatepass").replace("\ufffd".encode(), b"\xff")


def places(service):
    """Gives every path that takes JSON by POST, with an id that nobody has."""
    paths = service.get("/openapi.json")["paths"]
    return [path.replace("{id}", "none").replace("{name}", "none") for path, operations in paths.items()
            if "application/json" in operations.get("post", {}).get("requestBody", {}).get("content", {})]


def is_no_json(status, body):
    return status == 400 and "errors" not in body


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case_is_judged_as_the_suite_says(service, case):
    text = bytes_of(case)
    for place in places(service):
        status, headers, body = service.ask("POST", place, text)
        assert status < 500, (place, body)
        assert status < 400 or (headers["Content-Type"] == "application/problem+json" and body["detail"])
        if case["name"].startswith("n_") or case["name"] in STRICTER:
            assert is_no_json(status, body), (place, status, body)
        elif case["name"].startswith("y_"):
            assert not is_no_json(status, body), (place, status, body)


def test_all_of_them_leave_no_memory_behind(serve):
    service = serve()
    texts, everywhere = [bytes_of(case) for case in CASES], places(service)

    def send_all():
        for text in texts:
            for place in everywhere:
                assert service.ask("POST", place, text)[0] < 500
        return resident_kib(service.process.pid)

    send_all()
    before = send_all()
    assert send_all() - before < GROWTH_KIB
