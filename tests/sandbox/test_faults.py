from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from include.sandbox import Sandbox
from tests.sandbox.conftest import Client

Door = tuple[requests.Session, str]  # a session, and the root that it goes to


@contextmanager
def in_process(sandbox: Sandbox) -> Iterator[Door]:
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    session.auth = (sandbox.LEVER_KEY, "")
    yield session, sandbox.lever_root


@contextmanager
def over_http(sandbox: Sandbox) -> Iterator[Door]:
    with sandbox.serve() as base, requests.Session() as session:
        session.auth = (sandbox.LEVER_KEY, "")
        yield session, base + "/lever/v1"


@pytest.fixture(params=[in_process, over_http], ids=["in process", "over HTTP"])
def door(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Door]:
    with request.param(sandbox) as (session, root):
        yield session, root


def tags(sandbox: Sandbox, opportunity: str) -> list[str]:
    return list(sandbox.look(opportunity)["tags"])


def tag(door: Door, opportunity: str) -> requests.Response:
    session, root = door
    return session.post(f"{root}/opportunities/{opportunity}/addTags", json={"tags": ["new"]})


@pytest.mark.parametrize(
    ("kind", "error", "taken"),
    [
        ("cut_before", requests.ConnectionError, False),
        ("cut_after", requests.ConnectionError, True),
        ("cut_within", requests.exceptions.ChunkedEncodingError, True),
    ],
)
def test_a_cut_connection_is_an_error_before_or_after_the_write(
    sandbox: Sandbox, door: Door, opportunity: str, kind: str, error: type[requests.RequestException], taken: bool
) -> None:
    sandbox.faults.add("lever", "POST", "*/addTags", kind)
    with pytest.raises(error):
        tag(door, opportunity)
    assert ("new" in tags(sandbox, opportunity)) is taken
    assert [arrived.status for arrived in sandbox.journal.all()] == [None]
    assert tag(door, opportunity).status_code == 200


def test_a_status_has_the_vendors_error_format_and_nothing_is_written(
    sandbox: Sandbox, door: Door, opportunity: str
) -> None:
    sandbox.faults.add("lever", "POST", kind="status", status=429, retry_after=7)
    response = tag(door, opportunity)
    assert response.status_code == 429
    assert set(response.json()) == {"code", "message"}
    assert response.headers["Retry-After"] == "7"
    assert "new" not in tags(sandbox, opportunity)


def test_a_status_has_no_retry_after_unless_requested(sandbox: Sandbox, door: Door, opportunity: str) -> None:
    sandbox.faults.add("lever", kind="status", status=503)
    assert "Retry-After" not in tag(door, opportunity).headers


def test_an_alva_status_has_alvas_error_format(sandbox: Sandbox) -> None:
    sandbox.faults.add("alva", "GET", "/candidates", "status", status=500)
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    response = session.get(sandbox.alva_root + "/candidates")
    assert response.status_code == 500
    assert set(response.json()) == {"error"}


def test_a_truncated_answer_is_a_200_with_broken_json(sandbox: Sandbox, door: Door, opportunity: str) -> None:
    sandbox.faults.add("lever", kind="truncated")
    response = tag(door, opportunity)
    assert response.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        response.json()
    assert "new" in tags(sandbox, opportunity)


def test_an_html_page_is_a_200_and_nothing_is_written(sandbox: Sandbox, door: Door, opportunity: str) -> None:
    sandbox.faults.add("lever", kind="html")
    response = tag(door, opportunity)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert "new" not in tags(sandbox, opportunity)


@pytest.mark.parametrize("status", [403, 413, 502])
def test_an_html_page_has_the_requested_status(sandbox: Sandbox, door: Door, opportunity: str, status: int) -> None:
    sandbox.faults.add("lever", kind="html", status=status)
    response = tag(door, opportunity)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert tag(door, opportunity).status_code == 200


def test_a_status_may_have_another_body_than_the_vendors(sandbox: Sandbox, door: Door, opportunity: str) -> None:
    sandbox.faults.add("lever", status=404, body={"message": "no Route matched with those values"})
    response = tag(door, opportunity)
    assert (response.status_code, response.json()) == (404, {"message": "no Route matched with those values"})
    assert "new" not in tags(sandbox, opportunity)


@pytest.mark.parametrize(
    ("body", "text", "content_type"),
    [([], "[]", "application/json"), (0, "0", "application/json"), ("", "", "text/plain"), ("null", "null", "text")],
)
def test_a_body_is_sent_as_json_or_as_plain_text(
    sandbox: Sandbox, door: Door, body: object, text: str, content_type: str
) -> None:
    session, root = door
    sandbox.faults.add("lever", status=200, body=body)
    response = session.get(f"{root}/stages")
    assert (response.status_code, response.text) == (200, text)
    assert response.headers["Content-Type"].startswith(content_type)


def test_a_body_can_be_requested_over_http(lever: Client, control: Client) -> None:
    control.post("/faults", {"service": "lever", "status": 404, "body": {"message": "no such route"}})
    assert lever.call("GET", "/stages").json() == {"message": "no such route"}


def test_an_edit_changes_only_the_answer(sandbox: Sandbox, door: Door, opportunity: str) -> None:
    session, root = door
    sandbox.faults.add(
        "lever", "GET", "/opportunities", "edit", action=lambda page: page["data"][0].update(emails=None)
    )
    assert [row["emails"] for row in session.get(f"{root}/opportunities").json()["data"]] == [None]
    assert [row["emails"] for row in session.get(f"{root}/opportunities").json()["data"]] == [
        ["ada@candidates.example.com"]
    ]


def test_edits_combine_with_each_other_and_with_another_fault(sandbox: Sandbox, door: Door, opportunity: str) -> None:
    session, root = door
    path = f"/opportunities/{opportunity}"
    sandbox.faults.add("lever", "GET", path, "edit", times=None, action=lambda body: body["data"].update(tags=None))
    sandbox.faults.add("lever", "GET", path, "edit", times=None, action=lambda body: body["data"].pop("origin"))
    sandbox.faults.add("lever", "GET", path, "status", status=502)
    assert session.get(root + path).status_code == 502
    data = session.get(root + path).json()["data"]
    assert data["tags"] is None
    assert "origin" not in data


def test_an_edit_does_not_change_an_error(sandbox: Sandbox, door: Door) -> None:
    session, root = door
    sandbox.faults.add("lever", "GET", "*", "edit", action=lambda page: page["data"].clear())
    assert session.get(f"{root}/opportunities/none").json()["code"] == "ResourceNotFound"


def test_a_redirect_names_the_other_address(sandbox: Sandbox, door: Door) -> None:
    session, root = door
    sandbox.faults.add("lever", kind="redirect", location="http://other.test/stages")
    response = session.get(f"{root}/stages", allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (302, "http://other.test/stages")


def test_a_no_data_fault_omits_the_data(sandbox: Sandbox, door: Door) -> None:
    session, root = door
    sandbox.faults.add("lever", kind="no_data")
    assert session.get(f"{root}/stages").json() == {"hasNext": False}


def test_a_no_next_fault_announces_a_next_page_without_a_token(sandbox: Sandbox, door: Door, opportunity: str) -> None:
    session, root = door
    sandbox.faults.add("lever", kind="no_next")
    page = session.get(f"{root}/opportunities").json()
    assert page["hasNext"] is True
    assert "next" not in page


def test_a_repeated_token_fault_returns_the_requests_own_token(sandbox: Sandbox, lever: Client, posting: str) -> None:
    for number in range(3):
        sandbox.recruiter.apply(posting, f"Person {number}")
    sandbox.faults.add("lever", "GET", "/opportunities", "repeated_token", times=None)
    first = lever.get("/opportunities", limit=1)
    second = lever.get("/opportunities", limit=1, offset=first["next"])
    assert second["next"] == first["next"]
    assert second["hasNext"] is True


def test_a_slow_answer_times_out_for_an_impatient_client(sandbox: Sandbox, door: Door, opportunity: str) -> None:
    session, root = door
    sandbox.faults.add("lever", kind="slow", seconds=0.5)
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.get(f"{root}/stages", timeout=(5, 0.05))


def test_a_slow_answer_reaches_a_patient_client(sandbox: Sandbox, door: Door) -> None:
    session, root = door
    sandbox.faults.add("lever", kind="slow", seconds=0.01)
    assert session.get(f"{root}/stages", timeout=5).json()["data"]


def test_a_call_fault_can_move_a_candidate_during_a_walk(sandbox: Sandbox, lever: Client, posting: str) -> None:
    first, second = (sandbox.recruiter.apply(posting, name, at_ms=at) for name, at in (("A", 2), ("B", 1)))
    sandbox.faults.add(
        "lever",
        "GET",
        "/opportunities",
        "call",
        skip=1,
        action=lambda: sandbox.recruiter.move(second, "lead-new"),
    )
    assert lever.listed("/opportunities", limit=1) == [first]
    assert lever.listed("/opportunities", limit=1) == [second, first]


def test_a_fault_skips_some_matching_requests_and_applies_to_the_next_ones(sandbox: Sandbox, lever: Client) -> None:
    sandbox.faults.add("lever", "GET", "/stages", skip=1, times=2)
    lever.get("/users")
    statuses = [lever.call("GET", "/stages").status_code for _ in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    assert sandbox.faults.all()[0].hits == 2


def test_the_older_of_two_faults_is_applied_first(sandbox: Sandbox, lever: Client) -> None:
    sandbox.faults.add("lever", status=500)
    sandbox.faults.add("lever", status=502)
    assert [lever.call("GET", "/stages").status_code for _ in range(3)] == [500, 502, 200]


def test_a_fault_without_times_lasts_until_it_is_cleared(sandbox: Sandbox, lever: Client) -> None:
    sandbox.faults.add("lever", times=None)
    assert [lever.call("GET", "/stages").status_code for _ in range(3)] == [503] * 3
    sandbox.faults.clear()
    assert lever.call("GET", "/stages").status_code == 200


@pytest.mark.parametrize(
    "order",
    [
        {"service": "lever", "kind": "melt"},
        {"service": "lover"},
        {"service": "lever", "kind": "call"},
        {"service": "lever", "kind": "edit"},
        {"service": "lever", "kind": "edit", "action": "emails"},
    ],
)
def test_an_invalid_fault_is_refused(sandbox: Sandbox, order: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"kind|service|action"):
        sandbox.faults.add(**order)


def test_a_fault_with_a_query_applies_only_to_requests_with_that_query(sandbox: Sandbox, door: Door) -> None:
    session, root = door
    fault = sandbox.faults.add("lever", "GET", "/opportunities", query={"tag": "vip"}, times=None, status=403)
    asked: list[dict[str, str | list[str]]] = [
        {},
        {"tag": "other"},
        {"limit": "10", "tag": "vip"},
        {"tag": ["other", "vip"]},
    ]
    assert [session.get(f"{root}/opportunities", params=query).status_code for query in asked] == [200, 200, 403, 403]
    assert fault.hits == 2


def test_a_query_that_is_not_an_object_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="an object of names and values"):
        sandbox.faults.add("lever", query="vip")
