from __future__ import annotations

from typing import Any

import pytest

from alva_lever.http.wire import Untrusted
from alva_lever.lever import wire
from alva_lever.lever.models import NotExpanded
from alva_lever.rules.model import Application, Archived, StageChange
from tests.lever.conftest import note, opportunity, posting


def read(**fields: Any) -> Any:
    return wire.opportunity(opportunity("opp-1", **fields))


def test_every_field_of_an_opportunity_is_read() -> None:
    row = read(archived={"reason": "r1", "archivedAt": 9}, updatedAt=7, tags=["a", "b"])
    assert row.id == "opp-1"
    assert (row.name, row.emails, row.links) == ("Ada Byron", ("ada@example.com",), ("https://example.test/ada",))
    assert row.stage_id == "applicant-new"
    assert row.stage_changes == (StageChange("applicant-new", 1767225600000),)
    assert row.archived == Archived("r1", 9)
    assert row.tags == ("a", "b")
    assert row.application == Application("app-of-opp-1", "posting-1", 1767225600001)
    assert (row.confidential, row.anonymised, row.origin) == (False, False, "applied")
    assert (row.created_at_ms, row.updated_at_ms, row.last_advanced_at_ms) == (1767225600000, 7, 1767225600000)


def test_a_repr_shows_neither_name_nor_address() -> None:
    assert not [word for word in ("Ada", "ada@") if word in repr(read())]


def test_a_lead_has_no_application() -> None:
    assert read(applications=[]).application is None


def test_an_unexpanded_application_is_not_an_unreadable_row() -> None:
    with pytest.raises(NotExpanded):
        read(applications=["app-1"], stage=None)


def test_expanded_objects_are_read_as_their_ids() -> None:
    row = read(
        stage={"id": "offer", "text": "Offer"},
        contact={"id": "c1", "name": "Ada Byron"},
        applications=[{"id": "a1", "posting": {"id": "p1"}, "createdAt": 5}],
    )
    assert (row.stage_id, row.posting_id) == ("offer", "p1")


def test_an_anonymised_contact_is_read_as_blank() -> None:
    row = read(isAnonymized=True, name=None, emails=None, links=None)
    assert (row.anonymised, row.name, row.emails, row.links) == (True, "", (), ())


@pytest.mark.parametrize("word", ["confidential", "secret", "all", ""])
def test_everything_but_non_confidential_is_confidential(word: str) -> None:
    assert read(confidentiality=word).confidential


def test_unknown_fields_are_ignored() -> None:
    assert read(brandNew={"x": [1]}).id == "opp-1"


@pytest.mark.parametrize(
    ("manager", "email", "id_to_read"),
    [
        (None, None, None),
        ("u1", None, "u1"),
        ({"id": "u1", "email": "mo@example.com"}, "mo@example.com", None),
        ({"id": "u1", "email": None}, None, None),
        ({"id": "u1"}, None, "u1"),
        ({"id": 5}, None, "5"),
        (5, None, "5"),
        ("", None, None),
        ({"email": "mo@example.com"}, "mo@example.com", None),
    ],
)
def test_a_hiring_manager_is_an_object_or_an_id_still_to_be_read(
    manager: Any, email: str | None, id_to_read: str | None
) -> None:
    read, manager_id = wire.posting(posting(hiringManager=manager))
    assert (read.hiring_manager_email, manager_id) == (email, id_to_read)
    assert (read.name, read.tags, read.team, read.confidential) == ("Engineer", ("Alva: Screening",), "Platform", False)


@pytest.mark.parametrize("categories", [None, {}, {"team": None}, {"team": ""}])
def test_a_posting_may_have_no_team(categories: Any) -> None:
    assert wire.posting(posting(categories=categories))[0].team is None


@pytest.mark.parametrize(
    ("field", "value", "attribute", "read_as"),
    [
        ("text", None, "name", None),
        ("text", "", "name", None),
        ("tags", None, "tags", ()),
        ("tags", [None], "tags", ()),
    ],
)
def test_an_optional_field_of_a_posting_may_be_null_or_missing(
    field: str, value: Any, attribute: str, read_as: object
) -> None:
    assert getattr(wire.posting(posting(**{field: value}))[0], attribute) == read_as
    without = posting()
    del without[field]
    assert getattr(wire.posting(without)[0], attribute) == read_as


def test_a_posting_without_a_field_for_the_hiring_manager_has_none() -> None:
    without = posting()
    del without["hiringManager"]
    assert (wire.posting(without)[0].hiring_manager_email, wire.posting(without)[1]) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tags", "x"), ("text", 3), ("confidentiality", None), ("hiringManager", [5]), ("hiringManager", {}),
        ("hiringManager", {"email": 5}), ("categories", "x"), ("categories", {"team": 5}), ("id", None),
    ],
)  # fmt: skip
def test_a_posting_with_a_field_of_another_type_is_refused(field: str, value: Any) -> None:
    with pytest.raises(Untrusted, match=field):
        wire.posting(posting(**{field: value}))


def test_an_error_of_lever_has_a_code_and_a_message() -> None:
    said = wire.error({"code": "ResourceNotFound", "message": "gone"})
    assert (said.code, said.message) == ("ResourceNotFound", "gone")
    odd = wire.error({"code": "Ada Byron is gone", "message": ["gone"]})
    assert (odd.code, odd.message) == (None, None)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"code": 5}, {"code": None}, {"code": " "}, {"message": "no"}])
def test_an_error_without_a_code_is_not_levers(body: Any) -> None:
    with pytest.raises(Untrusted, match="without Lever's `code`"):
        wire.error(body)


def test_the_id_of_a_written_note_is_read_with_or_without_the_note() -> None:
    assert wire.written_note({"noteId": "n1"}) == "n1"
    assert wire.written_note({**note("n1"), "noteId": "n1"}) == "n1"
    assert wire.written_note({"id": None, "noteId": 5}) == "5"
