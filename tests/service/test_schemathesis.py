"""For requests that nobody thought of: drawn from the service's own description, right and wrong ones."""
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from service.serving import resident_kib

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUIETLY = settings(max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])


GROWTH_KIB = 8192


def ask_everything(service, mode):
    """Draws requests for each operation, checks each answer, and gives the statuses."""
    api = schemathesis.openapi.from_url(f"http://127.0.0.1:{service.port}/openapi.json")
    operations = [found.ok() for found in api.get_all_operations()]
    assert len(operations) > 15
    statuses = []

    for operation in operations:
        @QUIETLY
        @given(case=operation.as_strategy(generation_mode=mode))
        def asked(case):
            answer = case.call()
            statuses.append(answer.status_code)
            case.validate_response(answer, checks=CHECKS)
            if mode is GenerationMode.POSITIVE and case.operation.path.startswith("/emulator") and case.method == "POST":
                assert answer.status_code in (201, 429), (case.body, answer.text)

        try:
            asked()
        except Exception as error:
            if "Impossible" not in type(error).__name__ and "Unsatisfiable" not in type(error).__name__:
                raise
    assert len(statuses) > 200
    return statuses


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_description_promises(service, mode):
    ask_everything(service, mode)


def test_wrong_requests_leave_no_memory_behind(serve):
    service = serve()
    ask_everything(service, GenerationMode.NEGATIVE)
    before = resident_kib(service.process.pid)
    ask_everything(service, GenerationMode.NEGATIVE)
    assert resident_kib(service.process.pid) - before < GROWTH_KIB
