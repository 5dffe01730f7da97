"""For buckets of MinIO, and for looking into them with a client that is not ours."""
import hashlib
import itertools
import json
import os

import pytest

_names = (f"lake-{os.environ.get('PYTEST_XDIST_WORKER', 'only')}-{number}" for number in itertools.count())


class Bucket:
    """A bucket of a MinIO and what a program needs to find it."""

    def __init__(self, server, name, endpoint=""):
        self.name, self.server = name, server
        self.client = server.client()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MINIO_", "HOME"))}
        self.environment |= {"AWS_ENDPOINT_URL": endpoint or server.endpoint, "AWS_ACCESS_KEY_ID": server.user,
                             "AWS_SECRET_ACCESS_KEY": server.password}
        if server.ca_file:
            self.environment["AWS_CA_BUNDLE"] = str(server.ca_file)

    def keys(self):
        """Gives every key, hidden ones too."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))

    def read(self, key):
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def uploads(self):
        """Gives the keys of uploads that were neither completed nor given up."""
        return [upload["Key"] for upload in self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", [])]

    def manifest(self, prefix=""):
        return json.loads(self.read(prefix + "manifest.json"))

    def check(self, prefix=""):
        """Compares every object that the manifest lists with the bytes in the bucket; gives the digests by name."""
        listed = {entry["name"]: entry for stream in self.manifest(prefix)["streams"] for entry in stream["objects"]}
        assert listed
        assert {prefix + name for name in [*listed, "manifest.json", "_SUCCESS"]} == set(self.keys())
        for name, entry in listed.items():
            content = self.read(prefix + name)
            assert len(content) == entry["bytes"]
            assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert self.uploads() == []
        return {name: entry["sha256"] for name, entry in listed.items()}


@pytest.fixture
def bucket(minio):
    """Gives a bucket of its own, which is not made yet."""
    return Bucket(minio, next(_names))


@pytest.fixture
def proxied_bucket(minio, minio_proxy):
    """Gives a bucket whose program comes in by the proxy, while the test looks at the server itself."""
    return Bucket(minio, next(_names), f"http://{minio_proxy.address}")


@pytest.fixture
def tls_bucket(minio_tls):
    return Bucket(minio_tls, next(_names))
