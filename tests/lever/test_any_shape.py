"""An odd answer of Lever's is read, or that row alone is unreadable; the package never adds a value of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alva_lever.http.paginator import Unreadable
from alva_lever.http.wire import Untrusted, the_one
from alva_lever.lever import wire
from alva_lever.lever.models import NotExpanded
from alva_lever.rules.model import Opportunity
from tests.http.shapes import MISSING, Odd, any_shape_of, read_between
from tests.lever.conftest import note, opportunity, posting

OPPORTUNITY = opportunity("mid", archived={"reason": "r1", "archivedAt": 5}, stage={"id": "offer", "text": "Offer"})
POSTING = posting("mid", {"id": "u1", "email": "mo@example.com"})
NOTE = note("mid", user=None)
SMALL: list[tuple[Callable[[object], object], dict[str, Any]]] = [
    (wire.stage, {"id": "mid", "text": "Offer"}),
    (wire.tag, {"text": "vip", "count": 3}),
    (wire.archive_reason, {"id": "mid", "text": "Hired", "type": "hired", "status": "active"}),
    (wire.user, {"id": "mid", "name": "Mo", "email": "mo@example.com", "deactivatedAt": None}),
    (wire.webhook, {"id": "mid", "event": "e", "url": "u", "configuration": {"conditions": {"origins": ["applied"]}}}),
    (wire.deleted_opportunity, {"id": "mid", "deletedAt": 5, "deletedBy": "u1"}),
]


@any_shape_of(OPPORTUNITY)
def test_an_odd_opportunity_is_read_as_lever_gave_it_or_is_unreadable(row: Odd) -> None:
    try:
        found = read_between(
            wire.page, wire.opportunity, opportunity("first"), row, opportunity("last", applications=[])
        )
    except NotExpanded:
        assert row.field == "applications"
        return
    if found == "listing":
        return
    if isinstance(found, Unreadable):
        assert found.id == str(row.row["id"]) or row.field == "id"
        return
    assert isinstance(found, Opportunity)
    # A missing or odd value is never read as "not confidential".
    said = row.row.get("confidentiality")
    assert found.confidential == (said != "non-confidential")
    assert isinstance(said, str)
    assert (found.archived is None) == (row.row["archived"] is None)
    assert (found.application is None) == (row.row["applications"] == [])
    assert found.stage_id
    if row.value is MISSING:
        assert row.path not in {("confidentiality",), ("archived",), ("applications",), ("stage",), ("id",)}


@any_shape_of(OPPORTUNITY)
def test_an_opportunity_read_by_id_is_that_opportunity(row: Odd) -> None:
    try:
        found = wire.one(the_one("mid", wire.opportunity))({"data": row.row})
    except (Untrusted, NotExpanded):
        return
    assert found.id == "mid"


@any_shape_of(OPPORTUNITY)
def test_an_odd_answer_to_a_write_is_refused_only_for_a_needed_field(row: Odd) -> None:
    needed = {"id", "stage", "confidentiality", "archived", "isAnonymized"}
    try:
        found = wire.one(the_one("mid", wire.after_write))({"data": row.row})
    except Untrusted:
        assert row.field in needed
        return
    assert found.stage_id


@any_shape_of(POSTING)
def test_an_odd_posting_is_read_as_lever_gave_it_or_is_unreadable(row: Odd) -> None:
    found = read_between(wire.page, wire.posting, posting("first"), row, posting("last"))
    if found == "listing" or isinstance(found, Unreadable):
        return
    read, manager_id = found
    assert read.confidential == (row.row["confidentiality"] != "non-confidential")
    assert read.name is None or read.name == row.row["text"]
    assert manager_id is None or row.field == "hiringManager"


@any_shape_of(NOTE)
def test_an_odd_note_is_skipped_only_if_deleted_or_written_by_another_user(row: Odd) -> None:
    found = read_between(wire.page, wire.listed_note, note("first"), row, note("last"))
    if found is None:
        # Deleted, or an unreadable note of another author.
        assert row.field in ("deletedAt", "user")


@pytest.mark.parametrize(("parse", "base"), SMALL, ids=[parse.__name__ for parse, _ in SMALL])
def test_an_odd_row_of_a_short_list_does_not_spoil_the_others(
    parse: Callable[[object], object], base: dict[str, Any]
) -> None:
    @any_shape_of(base)
    def each(row: Odd) -> None:
        read_between(wire.page, parse, {**base, "id": "first"}, row, {**base, "id": "last"})

    each()
