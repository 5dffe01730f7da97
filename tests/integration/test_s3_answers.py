"""For answers of S3 that ask for patience, lie about success, or refuse: each leads to the reaction it asks for."""
import pytest

from front import Answer, Front

STREAM = "transactions"
ALWAYS = 1_000_000


@pytest.fixture
def front(minio, bucket):
    front = Front(minio.port)
    bucket.environment["AWS_ENDPOINT_URL"] = front.endpoint
    yield front
    front.close()


@pytest.fixture
def pour(headwater, bucket, tmp_path):
    def run(count="100k", options="part_size=5MiB", **more):
        return headwater("run", "payments", "--streams", STREAM, "--count", count, "--run-id", "r", "--to", f"s3://{bucket.name}?{options}",
                         env=bucket.environment, cwd=tmp_path, **more)

    return run


@pytest.mark.parametrize("method, mark, answer", [
    ("PUT", "partNumber=2&", Answer(503, "SlowDown", times=5)),
    ("PUT", "partNumber=1&", Answer(500, "InternalError", times=4, body_unread=True)),
    ("PUT", "partNumber=3&", Answer(400, "RequestTimeout")),
    ("PUT", "manifest.json", Answer(429, "TooManyRequests", times=2)),
    ("POST", "uploads=", Answer(503, "ServiceUnavailable", times=2)),
    ("POST", "uploadId=", Answer(200, "InternalError", times=2)),  # a completion that fails after it said 200
    ("PUT", "x-amz-copy-source", Answer(200, "InternalError", times=2)),  # and such a copy
    ("DELETE", ".part", Answer(500, "InternalError", times=2)),
    ("HEAD", ".part", Answer(500, "InternalError", times=2)),
], ids=lambda value: value if isinstance(value, str) else "")
def test_an_answer_that_asks_for_patience_gets_it(front, pour, bucket, method, mark, answer):
    if method == "HEAD":  # is only asked when something was unsure
        front.answer("POST", "uploadId=", Answer(200, "InternalError"))
    front.answer(method, mark, answer)
    pour()
    assert answer.given == answer.times
    bucket.check()


@pytest.mark.parametrize("method, mark, count", [("PUT", "aggregated_", "1k"), ("PUT", "partNumber=", "100k"), ("POST", "uploads=", "100k")])
def test_a_right_that_lacks_ends_the_run_with_the_mend(front, pour, bucket, method, mark, count):
    front.answer(method, mark, Answer(403, "AccessDenied", times=ALWAYS, body_unread=True))
    result = pour(count, check=False)
    assert result.returncode == 1
    assert "S3 says AccessDenied (so the test says); the account of AWS_ACCESS_KEY_ID lacks a right" in result.stderr
    assert bucket.keys() == [] and bucket.uploads() == []


def test_an_upload_that_somebody_gave_up_ends_the_run(front, pour, bucket):
    front.answer("PUT", "partNumber=", Answer(404, "NoSuchUpload", times=ALWAYS))
    result = pour(check=False)
    assert result.returncode == 1
    assert "S3 says NoSuchUpload" in result.stderr


def test_a_clock_that_is_wrong_follows_the_server(front, pour, bucket):
    # The front claims that it is 2030; then MinIO complains, with the right date.
    skewed = Answer(403, "RequestTimeTooSkewed", Date="Tue, 01 Jan 2030 00:00:00 GMT")
    front.answer("PUT", "aggregated_", skewed)
    pour("1k")
    assert skewed.given == 1
    bucket.check()


def test_a_bucket_of_another_region_is_told(front, pour, bucket):
    front.answer("GET", "list-type", Answer(301, "PermanentRedirect", times=ALWAYS, **{"x-amz-bucket-region": "eu-west-3"}))
    result = pour("1k", check=False)
    assert result.returncode == 2
    assert "give the region of the bucket by ?region= or AWS_REGION, it is eu-west-3" in result.stderr


def test_a_small_object_is_one_request(front, pour, bucket):
    pour("1k")
    assert [request.split("?")[0] for request in front.requests if "aggregated" in request] == [
        f"PUT /{bucket.name}/{STREAM}/aggregated_0-999-r.json"]
