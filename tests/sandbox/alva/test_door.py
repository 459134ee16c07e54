from __future__ import annotations

import pytest

from tests.sandbox.alva.conftest import Api


def test_an_unknown_path_is_a_404_in_alvas_format(api: Api) -> None:
    error = api.call("GET", "/nowhere", 404)["error"]
    assert error == {"code": "not_found", "message": "There is no such path.", "details": {}}


def test_a_wrong_method_is_a_405_that_names_the_allowed_ones(api: Api) -> None:
    headers = {"Authorization": "Bearer sandbox-alva-key"}
    answer = api.client.put("/alva/v1/job_positions/1", headers=headers)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, PATCH"


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff"])
def test_a_body_that_is_not_a_json_object_is_a_400(api: Api, body: bytes) -> None:
    assert api.call("POST", "/job_positions", 400, content=body)["error"]["code"] == "bad_request"


@pytest.mark.parametrize(
    "path",
    [
        "/job_positions/1",
        "/job_positions/1/candidates",
        "/candidates/1",
        "/candidates/1/results",
        "/webhooks/1",
    ],
)
def test_an_unknown_object_is_a_404(api: Api, path: str) -> None:
    assert api.call("GET", path, 404)["error"]["code"] == "not_found"


def test_adding_to_an_unknown_position_is_a_404_for_any_body(api: Api) -> None:
    api.call("POST", "/job_positions/1/candidates", 404, json={})
