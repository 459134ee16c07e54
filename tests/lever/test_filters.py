from __future__ import annotations

from dataclasses import fields

from alva_lever.lever.opportunities import OpportunityFilter


def test_an_empty_filter_asks_for_everything() -> None:
    assert OpportunityFilter().params() == []


def test_every_field_is_sent_under_levers_name_and_values_are_repeated() -> None:
    everything = OpportunityFilter(
        stage_id=("applicant-new", "offer"),
        tag=("Alva: Send Tests",),
        posting_id=("p1", "p2"),
        archive_reason_id=("r1",),
        archived=True,
        created_at_start_ms=1,
        created_at_end_ms=2,
        updated_at_start_ms=3,
        updated_at_end_ms=4,
        advanced_at_start_ms=5,
        advanced_at_end_ms=6,
        archived_at_start_ms=7,
        archived_at_end_ms=8,
    )
    assert everything.params() == [
        ("stage_id", "applicant-new"),
        ("stage_id", "offer"),
        ("tag", "Alva: Send Tests"),
        ("posting_id", "p1"),
        ("posting_id", "p2"),
        ("archive_reason_id", "r1"),
        ("archived", "true"),
        ("created_at_start", "1"),
        ("created_at_end", "2"),
        ("updated_at_start", "3"),
        ("updated_at_end", "4"),
        ("advanced_at_start", "5"),
        ("advanced_at_end", "6"),
        ("archived_at_start", "7"),
        ("archived_at_end", "8"),
    ]
    sent = {name for name, _ in everything.params()}
    assert sent == {field.name.removesuffix("_ms") for field in fields(OpportunityFilter)}


def test_false_and_zero_are_sent() -> None:
    assert OpportunityFilter(archived=False, created_at_start_ms=0).params() == [
        ("archived", "false"),
        ("created_at_start", "0"),
    ]


def test_a_catch_up_keeps_only_the_end_of_the_creation_window() -> None:
    filters = OpportunityFilter(
        stage_id=("s",), advanced_at_start_ms=1, advanced_at_end_ms=2, updated_at_end_ms=3, created_at_end_ms=4
    )
    assert filters.moved_since(100) == OpportunityFilter(stage_id=("s",), advanced_at_start_ms=100, created_at_end_ms=4)


def test_a_catch_up_does_not_start_before_the_requested_window() -> None:
    assert OpportunityFilter(advanced_at_start_ms=500).moved_since(100).advanced_at_start_ms == 500
