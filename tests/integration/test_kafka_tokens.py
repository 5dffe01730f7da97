"""For logins by token (OAUTHBEARER) to a real broker that checks them: from a token endpoint, from a command, and wrong ones."""
import shlex

import pytest

from servers.tokens import CLIENT, SECRET, Signer, TokenEndpoint
from test_kafka import ENVIRONMENT, assert_each_once_in_order, read

GRANTED = {"KAFKA_SASL_OAUTHBEARER_CLIENT_ID": CLIENT, "KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET": SECRET}
COUNT = 2000


@pytest.fixture
def topic(request):
    """Gives a name that no other test uses."""
    return "token-" + request.node.name.replace("[", "-").replace("]", "")


@pytest.fixture
def endpoint(kafka):
    """Gives an endpoint whose tokens the broker takes."""
    made = TokenEndpoint(kafka.signer)
    yield made
    made.close()


@pytest.fixture
def pour(kafka, headwater, tmp_path):
    """Gives a function that pours transactions into the listener that asks for tokens, and returns the finished process."""

    def pour(topic, *arguments, options="", environment=None, check=True):
        to = (f"kafka://{kafka.token_bootstrap}/{topic}?security.protocol=SASL_SSL&sasl.mechanism=OAUTHBEARER"
              f"&ssl.ca.location={kafka.ca_file}&retention.ms=-1{options}")
        run = headwater("run", "payments", "--streams", "transactions", "--to", to, *(arguments or ("--count", COUNT)), cwd=tmp_path,
                        env={**ENVIRONMENT, **(environment or {})}, check=check)
        kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".properties")
        assert SECRET not in run.stderr and SECRET.encode() not in kept
        return run

    return pour


def by(endpoint):
    return f"&sasl.oauthbearer.method=oidc&sasl.oauthbearer.token.endpoint.url={endpoint.url}"


def test_an_endpoint_gives_tokens_for_the_credentials_of_a_client(kafka, topic, pour, endpoint):
    pour(topic, options=by(endpoint) + "&sasl.oauthbearer.scope=kafka all", environment=GRANTED)
    assert_each_once_in_order(read(kafka, topic), COUNT)
    assert endpoint.given == 1, "all connections of a sink share a token"
    assert endpoint.asked[0] == {"grant_type": "client_credentials", "scope": "kafka all"}


def test_a_configuration_of_java_may_be_pasted(kafka, topic, pour, endpoint, tmp_path):
    (tmp_path / "client.properties").write_text(
        "sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler\n"
        f"sasl.oauthbearer.token.endpoint.url={endpoint.url}\nsasl.login.retry.backoff.ms=100\n"
        "sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required \\\n"
        f'    clientId="{CLIENT}" clientSecret="{SECRET}" extension_traceId="a-1";\n', encoding="utf-8")
    pour(topic, options="&config=client.properties")
    assert_each_once_in_order(read(kafka, topic), COUNT)


def test_a_command_prints_tokens(kafka, topic, pour, tmp_path):
    (tmp_path / "token").write_text(kafka.signer.token(), encoding="utf-8")
    pour(topic, environment={"KAFKA_SASL_OAUTHBEARER_TOKEN_COMMAND": f"cat {shlex.quote(str(tmp_path / 'token'))}; echo x >> calls"})
    assert_each_once_in_order(read(kafka, topic), COUNT)
    assert (tmp_path / "calls").read_text() == "x\n"


def test_a_command_is_not_taken_from_an_address(topic, pour):
    run = pour(topic, options="&sasl.oauthbearer.token.command=touch made", check=False)
    assert run.returncode == 2
    assert "sasl.oauthbearer.token.command" in run.stderr


def test_logins_are_renewed_before_they_end(kafka, topic, pour, endpoint):
    """The broker ends a connection whose token is over: sixteen seconds need several logins by tokens of eight."""
    endpoint.lifetime_s = 8
    run = pour(topic, "--count", COUNT, "--rate", "125/s", options=by(endpoint), environment=GRANTED)
    assert_each_once_in_order(read(kafka, topic), COUNT)
    assert endpoint.given >= 3
    assert "away" not in run.stderr


WRONG = {
    "expired": lambda kafka, folder: kafka.signer.token(-60),
    "of-somebody-else": lambda kafka, folder: Signer(folder / "other").token(),
    "for-another-audience": lambda kafka, folder: kafka.signer.token(aud="somebody"),
    "no-token-at-all": lambda kafka, folder: "abc",
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_token_is_told_and_never_shown(kafka, topic, pour, tmp_path, kind):
    token = WRONG[kind](kafka, tmp_path)
    (tmp_path / "token").write_text(token, encoding="utf-8")
    run = pour(topic, environment={"KAFKA_SASL_OAUTHBEARER_TOKEN_COMMAND": "cat token"}, check=False)
    assert run.returncode == 2, run.stderr
    assert "Kafka lets us not in" in run.stderr and "invalid_token" in run.stderr
    assert len(token) < 10 or token not in run.stderr


def test_an_endpoint_that_refuses_the_client_ends_the_run(topic, pour, endpoint):
    run = pour(topic, options=by(endpoint), environment={**GRANTED, "KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET": "canary-of-a-secret"}, check=False)
    assert run.returncode == 2
    assert f"Token endpoint refuses us (HTTP status 401, invalid_client): {endpoint.url}" in run.stderr
    assert "canary-of-a-secret" not in run.stderr


def test_an_endpoint_that_is_away_is_waited_for_and_then_told(topic, pour, endpoint):
    endpoint.status = 503
    run = pour(topic, options=by(endpoint), environment=GRANTED, check=False)
    assert run.returncode == 3
    assert f"Token endpoint refuses us (HTTP status 503, temporarily_unavailable): {endpoint.url}" in run.stderr
    assert len(endpoint.asked) > 3
