from __future__ import annotations

from typing import Any

import pytest

from alva_lever.alva import wire
from alva_lever.rules.model import Assessment, Invitation, RoleFit
from alva_lever.transport.fields import Fields, Untrusted
from tests.alva.conftest import candidate, position


def read(**fields: Any) -> Any:
    return wire.candidate(Fields(candidate(**fields)))


def results(**fields: Any) -> Any:
    body = {
        "candidate_id": "48213",
        "role_fit": {"score": 82, "computed_at": "2025-03-03T10:00:00Z", "complete": True},
        "logic": {"percentage": 74, "sten": 7},
        "personality": {"percentage": 88},
        "coding": None,
        "interviews": [],
        "url": "https://app.alva.test/c/48213",
    }
    return wire.results(Fields({**body, **fields}))


def test_a_candidate_is_read_whole() -> None:
    row = read(role_fit=82)
    assert (row.id, row.external_id, row.job_position_id, row.stage) == ("48213", "opp-1", "771", "in_process")
    assert row.email == "ada@example.com"
    assert row.invitation == Invitation("delivered", 1740816005000, "ada@example.com")
    assert row.assessments == (Assessment("logic", "completed"), Assessment("personality", "started"))
    assert (row.role_fit, row.url) == (82, "https://app.alva.test/c/48213")


def test_no_repr_tells_who_it_is_or_how_good() -> None:
    shown = repr(read(role_fit=82)) + repr(results())
    assert "48213" in shown
    assert not [word for word in ("ada@", "role_fit", "82.", "logic', '74", "app.alva.test") if word in shown]


def test_an_absent_role_fit_is_none_and_zero_is_zero() -> None:
    assert read(role_fit=None).role_fit is None
    assert read(role_fit=0).role_fit == 0
    assert results(role_fit=None).role_fit is None


def test_an_anonymised_candidate_is_blank() -> None:
    assert read(email=None).email == ""


def test_one_that_was_added_by_hand_has_no_external_id_and_no_invitation() -> None:
    row = read(external_id=None, invitation=None)
    assert (row.external_id, row.invitation) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 48213),
        ("id", ""),
        ("job_position_id", None),
        ("external_id", 5),
        ("stage", None),
        ("invitation", "sent"),
        ("invitation", {"sent_at": "2025-03-01T08:00:05Z"}),
        ("invitation", {"status": "sent", "sent_at": "yesterday"}),
        ("assessments", None),
        ("assessments", [{"type": "logic"}]),
        ("role_fit", "82"),
        ("role_fit", True),
        ("role_fit", 100.5),
        ("role_fit", -1),
        ("url", 3),
    ],
)
def test_a_field_of_another_type_is_named(field: str, value: Any) -> None:
    with pytest.raises(Untrusted, match=f"`{field}") as error:
        read(**{field: value})
    assert "82" not in str(error.value)


@pytest.mark.parametrize("field", ["invitation", "role_fit", "assessments", "stage", "job_position_id"])
def test_what_decides_about_tags_must_be_there(field: str) -> None:
    row = candidate()
    del row[field]
    with pytest.raises(Untrusted, match=field):
        wire.candidate(Fields(row))


def test_results_are_told_in_words() -> None:
    summary = results(
        coding={"score": 61.5},
        interviews=[{"title": "Culture", "score": 4}, {"score": 3}, {"name": "Planned", "score": None}],
    )
    assert summary.role_fit == RoleFit(82, "2025-03-03T10:00:00Z")
    assert summary.scores == (
        ("personality", "88 %"),
        ("logic", "74 %, sten 7"),
        ("coding", "61.5"),
        ("interview: Culture", "4"),
        ("interview 2", "3"),
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role_fit", {"score": None}),
        ("role_fit", {"score": "82"}),
        ("role_fit", {"score": 182}),
        ("role_fit", 82),
        ("logic", 74),
        ("logic", {"percentage": "74"}),
        ("interviews", {"score": 4}),
        ("candidate_id", None),
    ],
)
def test_results_of_other_types_are_refused(field: str, value: Any) -> None:
    with pytest.raises(Untrusted):
        results(**{field: value})


def test_results_without_a_role_fit_field_are_not_results_that_were_withdrawn() -> None:
    with pytest.raises(Untrusted, match="`role_fit` is missing"):
        wire.results(Fields({"candidate_id": "1"}))


def test_a_position_is_read_whole() -> None:
    read = wire.position(Fields(position(owner_email=None, team="")))
    assert (read.id, read.external_id, read.name, read.owner_email, read.team) == (
        "771", "posting-1", "Engineer", None, None,
    )  # fmt: skip


def test_moments_are_utc_with_milliseconds() -> None:
    assert wire.moment(1740816005007) == "2025-03-01T08:00:05.007Z"


def test_an_error_body_of_any_kind_can_be_read() -> None:
    body = {"error": {"code": "conflict", "message": "there", "details": {"candidate_id": "7"}}}
    said = wire.error(body)
    assert (said.code, said.message, said.candidate_id) == ("conflict", "there", "7")
    said = wire.error({"error": {"code": "Ada Byron", "message": 5, "details": {"candidate_id": 7}}})
    assert (said.code, said.message, said.candidate_id) == (None, None, "7")
    for other in (None, [], {"error": "no"}, {"error": {}}, {"error": {"details": []}}):
        assert wire.error(other).candidate_id is None
