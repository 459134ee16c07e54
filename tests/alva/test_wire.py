from __future__ import annotations

from typing import Any

import pytest

from alva_lever.alva import models
from alva_lever.http.wire import Untrusted
from alva_lever.rules.model import Assessment, Invitation, RoleFit
from tests.alva.conftest import candidate, position
from tests.alva.conftest import results as summary


def read(**fields: Any) -> Any:
    return models.candidate(candidate(**fields))


def results(**fields: Any) -> Any:
    return models.results(summary(**fields))


def test_every_field_of_a_candidate_is_read() -> None:
    row = read(role_fit=82)
    assert (row.id, row.external_id, row.job_position_id, row.stage) == ("48213", "opp-1", "771", "in_process")
    assert row.email == "ada@example.com"
    assert row.invitation == Invitation("delivered", 1740816005000, "ada@example.com")
    assert row.assessments == (Assessment("logic", "completed"), Assessment("personality", "started"))
    assert (row.role_fit, row.url) == (82, "https://app.alva.test/c/48213")


def test_a_repr_shows_neither_address_nor_scores() -> None:
    shown = repr(read(role_fit=82)) + repr(results())
    assert "48213" in shown
    assert not [word for word in ("ada@", "role_fit", "82.", "logic', '74", "app.alva.test") if word in shown]


def test_an_absent_role_fit_is_none_and_zero_is_zero() -> None:
    assert read(role_fit=None).role_fit is None
    assert read(role_fit=0).role_fit == 0
    assert results(role_fit=None).role_fit is None


def test_an_anonymised_candidate_has_a_blank_address() -> None:
    assert read(email=None).email == ""


def test_a_candidate_who_was_added_by_hand_has_no_external_id_or_invitation() -> None:
    row = read(external_id=None, invitation=None)
    assert (row.external_id, row.invitation) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 48213.5),
        ("id", ""),
        ("job_position_id", None),
        ("job_position_id", ["771"]),
        ("external_id", True),
        ("invitation", "sent"),
        ("invitation", {"sent_at": "2025-03-01T08:00:05Z"}),
        ("invitation", {"status": "sent", "sent_at": "yesterday"}),
        ("assessments", None),
        ("assessments", [{"type": "logic"}]),
        ("assessments", [{"type": "logic", "status": "completed"}, None]),
        ("email", ["ada@example.com"]),
        ("role_fit", "82"),
        ("role_fit", True),
        ("role_fit", 100.5),
        ("role_fit", -1),
        ("role_fit", 10**400),
        ("url", 3),
    ],
)
def test_a_field_of_another_type_is_named(field: str, value: Any) -> None:
    with pytest.raises(Untrusted, match=f"`{field}") as error:
        read(**{field: value})
    assert "82" not in str(error.value)


@pytest.mark.parametrize("field", ["invitation", "role_fit", "assessments", "external_id", "job_position_id", "id"])
def test_a_field_that_decides_about_tags_is_required(field: str) -> None:
    row = candidate()
    del row[field]
    with pytest.raises(Untrusted, match=field):
        models.candidate(row)


@pytest.mark.parametrize(
    ("field", "value", "read_as"),
    [
        ("id", 48213, "48213"), ("job_position_id", 771.0, "771"), ("external_id", 5, "5"), ("stage", None, ""),
        ("stage", ["x"], ""), ("stage", "on_hold", "on_hold"), ("updated_at", "soon", None), ("updated_at", 5, None),
        ("url", None, None), ("email", None, ""),
        ("assessments", [], ()), ("assessments", [{"type": "x", "status": "paused"}], (Assessment("x", "paused"),)),
        ("invitation", {"status": "queued"}, Invitation("queued", None, "")), ("role_fit", 82.0, 82),
    ],
)  # fmt: skip
def test_optional_fields_have_defaults_and_unknown_words_are_kept(field: str, value: Any, read_as: object) -> None:
    assert getattr(read(**{field: value}), {"updated_at": "updated_at_ms"}.get(field, field)) == read_as


def test_scores_are_read_as_text() -> None:
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
        ("role_fit", {"score": 10**400}),
        ("candidate_id", None),
    ],
)
def test_results_with_an_invalid_role_fit_or_id_are_refused(field: str, value: Any) -> None:
    with pytest.raises(Untrusted):
        results(**{field: value})


@pytest.mark.parametrize("value", [None, 74, "74", [74], {}, {"percentage": "74"}, {"percentage": 10**400}, True])
@pytest.mark.parametrize("part", ["logic", "personality", "coding", "screening", "interviews"])
def test_an_unreadable_score_is_left_out(part: str, value: Any) -> None:
    scores = {"logic": "74 %, sten 7", "personality": "88 %"}
    scores.pop(part, None)
    read = results(**{part: value})
    assert dict(read.scores) == scores
    assert read.role_fit is not None


def test_the_readable_values_of_a_score_are_kept() -> None:
    interviews = [None, 5, {"title": 5, "score": 4}, {"title": "Culture", "score": "4"}, {"name": "Team", "score": 3.0}]
    read = results(logic={"percentage": 74.5, "sten": "7"}, interviews=interviews, url=5)
    assert read.scores == (("personality", "88 %"), ("logic", "74.5 %"), ("interview 1", "4"), ("interview: Team", "3"))
    assert read.url is None


def test_an_unreadable_date_does_not_lose_the_role_fit() -> None:
    assert results(role_fit={"score": 82, "computed_at": 5}).role_fit == RoleFit(82, None)


def test_results_without_the_role_fit_field_are_refused_not_read_as_withdrawn() -> None:
    with pytest.raises(Untrusted, match="`role_fit` is missing"):
        models.results({"candidate_id": "1"})


def test_every_field_of_a_position_is_read() -> None:
    read = models.position(position(owner_email=None, team=""))
    assert (read.id, read.external_id, read.name, read.owner_email, read.team) == (
        "771", "posting-1", "Engineer", None, None,
    )  # fmt: skip


def test_times_are_sent_in_utc_with_milliseconds() -> None:
    assert models.moment(1740816005007) == "2025-03-01T08:00:05.007Z"


def test_any_error_body_can_be_read() -> None:
    body = {"error": {"code": "conflict", "message": "there", "details": {"candidate_id": "7"}}}
    said = models.error(body)
    assert (said.code, said.message, said.candidate_id) == ("conflict", "there", "7")
    said = models.error({"error": {"code": "Ada Byron", "message": 5, "details": {"candidate_id": 7}}})
    assert (said.code, said.message, said.candidate_id) == (None, None, "7")
    others: list[object] = [None, [], {"error": "no"}, {"error": {}}, {"error": {"details": []}}]
    for other in others:
        assert models.error(other).candidate_id is None
