from __future__ import annotations

from typing import Any

import pytest

from alva_lever.alva import wire
from alva_lever.http.wire import Untrusted
from alva_lever.rules.model import Assessment, Invitation, RoleFit
from tests.alva.conftest import candidate, position
from tests.alva.conftest import results as summary


def read(**fields: Any) -> Any:
    return wire.candidate(candidate(**fields))


def results(**fields: Any) -> Any:
    return wire.results(summary(**fields))


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
def test_what_decides_about_tags_must_be_there(field: str) -> None:
    row = candidate()
    del row[field]
    with pytest.raises(Untrusted, match=field):
        wire.candidate(row)


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
def test_what_decides_nothing_may_be_missing_and_new_words_are_read_as_they_are(
    field: str, value: Any, read_as: object
) -> None:
    assert getattr(read(**{field: value}), {"updated_at": "updated_at_ms"}.get(field, field)) == read_as


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
        ("role_fit", {"score": 10**400}),
        ("candidate_id", None),
    ],
)
def test_results_of_other_types_are_refused(field: str, value: Any) -> None:
    with pytest.raises(Untrusted):
        results(**{field: value})


@pytest.mark.parametrize("value", [None, 74, "74", [74], {}, {"percentage": "74"}, {"percentage": 10**400}, True])
@pytest.mark.parametrize("part", ["logic", "personality", "coding", "screening", "interviews"])
def test_a_part_of_another_type_is_left_out_and_the_others_told(part: str, value: Any) -> None:
    told = {"logic": "74 %, sten 7", "personality": "88 %"}
    told.pop(part, None)
    read = results(**{part: value})
    assert dict(read.scores) == told
    assert read.role_fit is not None


def test_of_a_part_what_can_be_read_is_told() -> None:
    interviews = [None, 5, {"title": 5, "score": 4}, {"title": "Culture", "score": "4"}, {"name": "Team", "score": 3.0}]
    read = results(logic={"percentage": 74.5, "sten": "7"}, interviews=interviews, url=5)
    assert read.scores == (("personality", "88 %"), ("logic", "74.5 %"), ("interview 1", "4"), ("interview: Team", "3"))
    assert read.url is None


def test_a_date_of_another_type_leaves_the_role_fit() -> None:
    assert results(role_fit={"score": 82, "computed_at": 5}).role_fit == RoleFit(82, None)


def test_results_without_a_role_fit_field_are_not_results_that_were_withdrawn() -> None:
    with pytest.raises(Untrusted, match="`role_fit` is missing"):
        wire.results({"candidate_id": "1"})


def test_a_position_is_read_whole() -> None:
    read = wire.position(position(owner_email=None, team=""))
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
    others: list[object] = [None, [], {"error": "no"}, {"error": {}}, {"error": {"details": []}}]
    for other in others:
        assert wire.error(other).candidate_id is None
