from __future__ import annotations

import pytest

from include.sandbox.alva.organisation import AlvaOrganisation
from tests.sandbox.alva.conftest import Api


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer somebody-else"},
        {"Authorization": "Basic sandbox-alva-key"},
        {"Authorization": "Bearer"},
        {"X-API-Key": "somebody-else"},
        {"Authorization": "Bearer somebody-else", "X-API-Key": "sandbox-alva-key"},
    ],
)
def test_a_call_without_a_valid_key_is_refused_with_401(api: Api, headers: dict[str, str]) -> None:
    answer = api.client.get("/alva/v1/candidates", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer sandbox-alva-key"},
        {"Authorization": "bearer sandbox-alva-key"},
        {"X-API-Key": "sandbox-alva-key"},
    ],
)
def test_both_headers_are_accepted(api: Api, headers: dict[str, str]) -> None:
    assert api.client.get("/alva/v1/candidates", headers=headers).status_code == 200


def test_the_key_is_checked_before_anything_else(api: Api) -> None:
    assert api.client.post("/alva/v1/nowhere", content=b"no json").status_code == 401
    assert api.client.get("/alva/v1/candidates?limit=none").status_code == 401
    assert api.client.delete("/alva/v1/candidates").status_code == 401


def test_a_revoked_key_gets_401_and_a_key_without_rights_403(api: Api, organisation: AlvaOrganisation) -> None:
    organisation.keys.revoke("sandbox-alva-key")
    api.call("GET", "/candidates", 401)
    organisation.keys.forbid("sandbox-alva-key")
    assert api.call("GET", "/candidates", 403)["error"]["code"] == "forbidden"
    organisation.keys.add("sandbox-alva-key")
    api.call("GET", "/candidates")


def test_several_keys_are_valid_at_once(api: Api, organisation: AlvaOrganisation) -> None:
    organisation.keys.add("another")
    api.call("GET", "/candidates", headers={"Authorization": "Bearer another"})
    api.call("GET", "/candidates")
