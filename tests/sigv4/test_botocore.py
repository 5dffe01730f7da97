"""For a second judge of our signatures: botocore signs the same random requests."""
import datetime
import json
import random
import subprocess
import unittest.mock
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

COUNT = 4000
PIECES = ["a", "Z", "0", "-", "_", ".", "~", "=", ":", " ", "+", "%", "%20", "&", "?", "#", "/", "é", "ሴ", "🎈", "'", "(", ")", "*", "!", "@",
          "$", ",", ";", "|", "^", "<", ">", '"', "\\", "[", "]"]


@pytest.fixture(scope="module")
def sign(program):
    """Gives a function that lets our signer sign requests."""
    def signed(requests):
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        output = subprocess.run([program.parent / "headwater_sign_requests"], input=lines, capture_output=True, text=True,
                                check=True, timeout=120).stdout
        return [json.loads(line) for line in output.splitlines()]

    return signed


def text(chance, longest, without=""):
    return "".join(piece for piece in chance.choices(PIECES, k=chance.randint(0, longest)) if not set(piece) & set(without))


def random_request(chance):
    segments = [text(chance, 8, without="/") for _ in range(chance.randint(0, 4))]
    names = sorted({text(chance, 4, without="/") for _ in range(chance.randint(0, 5))} - {""})
    chance.shuffle(names)
    headers = [["host", chance.choice(["127.0.0.1:9000", "lake.s3.eu-west-1.amazonaws.com"])]]
    headers += [[f"x-amz-meta-{i}", "v" + text(chance, 3, without="é🎈ሴ")] for i in range(chance.randint(0, 3))]
    return {
        "method": chance.choice(["GET", "PUT", "POST", "HEAD", "DELETE"]),
        "path": "/" + "/".join(segments),
        "query": [[name, chance.choice(["", text(chance, 6)])] for name in names],
        "headers": headers,
        "sha256": f"{chance.getrandbits(256):064x}",
        "access_key": "AK" + str(chance.randint(0, 9)),
        "secret_key": text(chance, 20) + "s",
        "session_token": chance.choice(["", "token" + text(chance, 9, without="é🎈ሴ").replace(" ", "")]),
        "region": chance.choice(["us-east-1", "eu-north-1"]),
        "instant": datetime.datetime.fromtimestamp(chance.randint(0, 4_000_000_000), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def judged(request):
    """Gives the headers that botocore signs the request with."""
    headers = dict(request["headers"])
    host = headers["host"]
    path = urllib.parse.quote(request["path"], safe="/~")
    query = "&".join(f"{urllib.parse.quote(name, safe='~')}={urllib.parse.quote(value, safe='~')}" for name, value in request["query"])
    asked = botocore.awsrequest.AWSRequest(method=request["method"], headers={**headers, "X-Amz-Content-SHA256": request["sha256"]},
                                           url=f"https://{host}{path}" + (f"?{query}" if query else ""))
    keys = botocore.credentials.Credentials(request["access_key"], request["secret_key"], request["session_token"] or None)
    signer = botocore.auth.S3SigV4Auth(keys, "s3", request["region"])
    instant = datetime.datetime.strptime(request["instant"], "%Y-%m-%dT%H:%M:%SZ")
    with (unittest.mock.patch("botocore.auth.get_current_datetime", return_value=instant),
          unittest.mock.patch.object(signer, "payload", return_value=request["sha256"])):
        signer.add_auth(asked)
    return {name.lower(): value for name, value in asked.headers.items()}


def test_botocore_signs_as_we_do(sign):
    chance = random.Random(4)
    requests = [random_request(chance) for _ in range(COUNT)]
    for request, ours in zip(requests, sign(requests), strict=True):
        assert ours["headers"] == judged(request), request


def test_what_is_sent_is_read_back_as_it_was_meant(sign):
    chance = random.Random(5)
    requests = [random_request(chance) for _ in range(COUNT)]
    for request, ours in zip(requests, sign(requests), strict=True):
        assert urllib.parse.unquote(ours["path"]) == request["path"]
        assert urllib.parse.parse_qsl(ours["query"], keep_blank_values=True) == sorted(
            map(tuple, request["query"]), key=lambda pair: urllib.parse.quote(pair[0], safe="~"))


def test_the_judge_sees_a_wrong_key(sign):
    request = random_request(random.Random(6))
    wrong = {**request, "secret_key": request["secret_key"] + "x"}
    assert sign([wrong])[0]["headers"] != judged(request)
