from __future__ import annotations

from typing import Any

from include.demo.outcome import Outcome, outcome, reason_in
from include.demo.plot import INVITATION_FAILED, INVITATION_SENT, Person
from include.demo.printing import table


def person(**fields: Any) -> Person:
    return Person("Ada Holm", "moved to Assessment", (), **({"expected": "trigger_stage"} | fields))


def world(*tags: str, sent: int = 0, notes: int = 0) -> dict[str, Any]:
    return {"tags": ["Engineering", *tags], "alva": {"invitations_sent": sent}, "notes": [{}] * notes}


def report(reason: str | None = None, **others: Any) -> dict[str, Any]:
    return {"ids": {reason: ["o1"]} if reason else {}} | others


def outcome_of(who: Person, first: str | None, again: str | None, named: str | None, shown: dict[str, Any]) -> Outcome:
    return outcome(who, "o1", [[report(first)], [report(again)], [report(named)]], shown)


def test_an_expected_invitation_is_no_surprise() -> None:
    found = outcome_of(person(), "trigger_stage", "already_invited", None, world(INVITATION_SENT, sent=1))
    assert found.surprises == []
    assert (found.reason, found.next_time) == ("trigger_stage", "already_invited")
    assert found.world == "Alva: Invitation Sent, e-mail sent"


def test_an_expected_failure_is_no_surprise() -> None:
    found = outcome_of(
        person(expected="no_posting"), "no_posting", "awaiting_retry", None, world(INVITATION_FAILED, notes=1)
    )
    assert found.surprises == []
    assert found.world == "Alva: Invitation Failed, a note"


def test_a_candidate_expected_only_when_named_is_invited_by_that_run() -> None:
    found = outcome_of(person(expected=None, when_named="manual"), None, None, "manual", world(INVITATION_SENT, sent=1))
    assert (found.surprises, found.reason) == ([], "manual")


def test_every_difference_is_a_surprise_in_a_sentence() -> None:
    shown = world(INVITATION_SENT, INVITATION_FAILED, sent=2, notes=1)
    found = outcome_of(person(near_miss="alva: send tests"), "screening", None, "manual", shown)
    assert found.surprises == [
        "Ada Holm: the first run: expected trigger_stage, found screening",
        "Ada Holm: the second run: expected already_invited, found nothing",
        "Ada Holm: the run that names people: expected nothing, found manual",
        "Ada Holm: status tags in Lever: expected Alva: Invitation Sent, "
        "found Alva: Invitation Sent, Alva: Invitation Failed",
        "Ada Holm: invitation e-mails from Alva: expected 1, found 2",
        "Ada Holm: notes in Lever: expected 0, found 1",
        "Ada Holm: near-miss tag in the report: expected alva: send tests, found nothing",
    ]


def test_a_near_miss_is_found_in_the_report() -> None:
    first = report("not_requested", near_misses=[{"id": "o2", "tag": "x"}, {"id": "o1", "tag": "alva: send tests"}])
    again = report("not_requested")
    who = person(expected="not_requested", near_miss="alva: send tests")
    assert outcome(who, "o1", [[first], [again], [{}]], world()).surprises == []


def test_the_reason_may_come_from_an_hourly_run_in_between() -> None:
    assert reason_in([report("screening"), report("already_invited")], "o1") == "screening"
    assert reason_in([report("already_invited"), report("screening")], "o1") == "screening"
    assert reason_in([report("already_invited"), report("already_invited")], "o1") == "already_invited"
    assert reason_in([report("not_requested"), report("trigger_stage")], "o1") == "trigger_stage"
    assert reason_in([report("already_invited"), report("not_requested")], "o1") == "not_requested"
    assert reason_in([{}, report("gone")], "o2") is None


def test_the_table_has_a_line_for_each_candidate_and_marks_surprises() -> None:
    fine = outcome_of(person(), "trigger_stage", "already_invited", None, world(INVITATION_SENT, sent=1))
    other = outcome_of(person(), None, None, None, world())
    lines = table([fine, other]).splitlines()
    assert len(lines) == 3
    assert lines[1].split()[:7] == ["ok", "Ada", "Holm", "o1", "moved", "to", "Assessment"]
    assert lines[2].split() == ["!!", "Ada", "Holm", "o1", "moved", "to", "Assessment", "not", "looked", "at", "-"]
