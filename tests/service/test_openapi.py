"""For what linters of OpenAPI say of the description: nothing."""
import json
import shutil

import pytest
from servers import openapi_linters

needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is missing: apt-get install npm")


@needs_npm
@pytest.mark.parametrize("variables", [{}, {"HEADWATER_TOKEN": "0123456789abcdef"}])
def test_linters_have_nothing_to_say(serve, tmp_path, variables):
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(serve(**variables).get("/openapi.json")), encoding="utf-8")
    assert openapi_linters.complaints(document) == []


@needs_npm
def test_linters_are_able_to_complain(tmp_path):
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a/": {"get": {"responses": {"200": {"description": "x"}}}}}}))
    told = openapi_linters.complaints(document)
    assert any(one.startswith("Spectral, ") for one in told) and any(one.startswith("Redocly, ") for one in told)
