from __future__ import annotations

import pytest

from tests.sandbox.alva.conftest import Api, StandingClock


def test_a_page_has_50_rows_by_default_and_at_most_100(api: Api) -> None:
    position = api.position()
    for number in range(130):
        api.invite(position, f"opp-{number}", f"person{number}@example.com")
    first = api.call("GET", "/candidates")
    assert len(first["data"]) == 50
    assert first["next_cursor"] is not None
    assert len(api.call("GET", "/candidates", params={"limit": 100})["data"]) == 100
    walked = [row["external_id"] for row in api.walk("/candidates", limit=100)]
    assert walked == [f"opp-{number}" for number in range(130)]


def test_the_last_page_has_no_cursor_even_when_it_is_full(api: Api) -> None:
    api.position()
    api.position()
    page = api.call("GET", "/job_positions", params={"limit": 2})
    assert len(page["data"]) == 2
    assert page["next_cursor"] is None
    assert api.call("GET", "/candidates") == {"data": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=",
        "cursor=made-up",
        "cursor=",
        "cursor=%C3%A5",
        "updated_since=yesterday",
        "updated_since=2025-03-01T08:00:00",
        "updated_since=2025-03-01",
    ],
)
def test_an_invalid_parameter_is_a_400(api: Api, query: str) -> None:
    error = api.call("GET", f"/candidates?{query}", 400)["error"]
    assert error["details"]["parameter"] == query.split("=")[0]


def test_unknown_parameters_are_ignored(api: Api) -> None:
    api.position()
    assert len(api.call("GET", "/job_positions?colour=blue&email=a@b.example.com&job_position_id=7")["data"]) == 1


def test_a_row_removed_during_a_walk_hides_no_other_row(api: Api) -> None:
    position = api.position()
    ids = [api.invite(position, f"opp-{n}", f"p{n}@example.com")["id"] for n in range(4)]
    first = api.call("GET", "/candidates", params={"limit": 2})
    api.call("DELETE", f"/candidates/{ids[1]}", 204)
    second = api.call("GET", "/candidates", params={"limit": 2, "cursor": first["next_cursor"]})
    assert [row["id"] for row in first["data"] + second["data"]] == ids


def test_updated_since_is_inclusive(api: Api, clock: StandingClock) -> None:
    position = api.position()
    early = api.invite(position, "early", "early@example.com")
    clock.ms += 1
    late = api.invite(position, "late", "late@example.com")
    assert late["updated_at"] == "2025-03-01T08:00:00.001Z"
    assert early["updated_at"] == "2025-03-01T08:00:00Z"
    both = api.walk("/candidates", updated_since=early["updated_at"])
    assert [row["id"] for row in both] == [early["id"], late["id"]]
    assert [row["id"] for row in api.walk("/candidates", updated_since=late["updated_at"])] == [late["id"]]
    assert len(api.walk("/candidates", updated_since="2025-03-01T09:00:00+01:00")) == 2
    assert api.walk("/candidates", updated_since="2025-03-01T08:00:00.002Z") == []


def test_candidates_are_filtered_by_external_id_email_and_position(api: Api) -> None:
    cook, waiter = api.position(), api.position()
    api.invite(cook, "opp-1", "Kim@Example.com")
    api.invite(waiter, "opp-2", "kim@example.com")
    api.invite(cook, "opp-3", "bo@example.com")

    def found(path: str = "/candidates", **parameters: str) -> list[str | None]:
        return [row["external_id"] for row in api.walk(path, **parameters)]

    assert found(external_id="opp-3") == ["opp-3"]
    assert found(email="KIM@Example.com") == ["opp-1", "opp-2"]
    assert found(job_position_id=cook) == ["opp-1", "opp-3"]
    assert found(email="kim@example.com", job_position_id=waiter) == ["opp-2"]
    assert found(external_id="opp-1", job_position_id=waiter) == []
    assert found(external_id="opp-1", email="bo@example.com") == []
    assert found(f"/job_positions/{cook}/candidates", email="kim@example.com") == ["opp-1"]
    assert found(f"/job_positions/{cook}/candidates", job_position_id=waiter) == ["opp-1", "opp-3"]
    assert found(external_id="nobody") == found(email="nobody@example.com") == found(job_position_id="0") == []
    assert found(external_id="") == []


def test_positions_are_filtered_by_external_id(api: Api) -> None:
    api.position(external_id="posting-1")
    wanted = api.position(external_id="posting-2")
    assert [row["id"] for row in api.walk("/job_positions", external_id="posting-2")] == [wanted]
