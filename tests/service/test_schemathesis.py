"""For requests that nobody thought of: drawn from the service's own description, right and wrong ones."""
import os

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (content_type_conformance, negative_data_rejection, positive_data_acceptance,
                                                  response_schema_conformance, status_code_conformance)

from service.serving import PATIENCE_S, resident_kib

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 60 if os.environ.get("HEADWATER_LONG") == "1" else 15  # of each operation
REPEATS = 8
QUIETLY = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])


# What takes a scenario or a pack asks more than any schema says: its packs are there, its streams are those of its packs.
SCENARIOS = ("/v1/runs", "/v1/preview", "/v1/packs")
GROWTH_KIB = 8192


def ask_everything(service, mode):
    """Draws requests for each operation, checks each answer, and gives the answers."""
    api = schemathesis.openapi.from_url(f"http://127.0.0.1:{service.port}/openapi.json")
    # An answer that never ends cannot be waited for; test_steering.py reads it.
    operations = [found.ok() for found in api.get_all_operations() if found.ok().path != "/v1/events"]
    assert len(operations) > 15
    answers = []

    for operation in operations:
        @QUIETLY
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked(case):
            answer = case.call()
            answers.append(answer)
            case.validate_response(answer, checks=CHECKS)
            if case.operation.path not in SCENARIOS:
                case.validate_response(answer, checks=[positive_data_acceptance, negative_data_rejection])
            if mode is GenerationMode.POSITIVE and case.operation.path == "/emulator":
                known = (409,) if "Idempotency-Key" in (case.headers or {}) else ()  # of another request
                assert answer.status_code in (201, 429, *known), (case.body, answer.text)

        try:
            asked()
        except Exception as error:
            if "Impossible" not in type(error).__name__ and "Unsatisfiable" not in type(error).__name__:
                raise
    assert len(answers) > 3 * EXAMPLES  # of some operations nothing wrong can be asked
    return answers


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_description_promises(service, mode):
    ask_everything(service, mode)


def test_wrong_requests_leave_no_memory_behind(serve):
    service = serve()
    asked = [answer.request for answer in ask_everything(service, GenerationMode.NEGATIVE)]
    before = resident_kib(service.process.pid)
    with requests.Session() as session:
        for request in asked * REPEATS:
            session.send(request, timeout=PATIENCE_S)
    assert resident_kib(service.process.pid) - before < GROWTH_KIB
