"""The tables of section 6."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules import tags
from alva_lever.rules.model import AlvaCandidate, Assessment, Results, RoleFit
from alva_lever.rules.notes import Facts, State, facts, status_tag
from alva_lever.rules.tags import TagChange
from tests.rules.build import candidate


class NoClock(datetime):
    """A datetime that fails the test when its clock is read."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        raise AssertionError("the clock was read")

    @classmethod
    def today(cls) -> Self:
        raise AssertionError("the clock was read")

    @classmethod
    def utcnow(cls) -> Self:
        raise AssertionError("the clock was read")


LINK = "https://app.alva.example.test/c/48213"
FITS = st.none() | st.floats(0, 100)


def results(score: float | None, computed_at: str | None = "2026-01-02T10:00:00Z", **changes: Any) -> Results:
    usual = {"candidate_id": "48213", "scores": (), "url": LINK}
    fit = None if score is None else RoleFit(score, computed_at)
    return Results(role_fit=fit, **usual | changes)


# The status tag.


@pytest.mark.parametrize("statuses", [["invited"], ["started"], ["completed", "invited"], ["completed", "started"], []])
def test_a_candidate_with_an_unfinished_test_is_invited(statuses: list[str]) -> None:
    assert status_tag(candidate(*statuses)) == "Alva: Invitation Sent"


def test_a_candidate_whose_invitation_bounced_is_bounced() -> None:
    assert status_tag(candidate("invited", sent="bounced")) == "Alva: Invitation Bounced"


@pytest.mark.parametrize("sent", ["sent", "delivered", "bounced"])
def test_a_candidate_who_completed_all_tests_is_completed_whatever_the_status_of_the_mail(sent: str) -> None:
    assert status_tag(candidate("completed", "completed", sent=sent)) == "Alva: Completed"


def test_a_candidate_whose_tests_were_reset_is_invited() -> None:
    assert status_tag(candidate("invited", "invited", role_fit=82.0)) == "Alva: Invitation Sent"


def test_a_candidate_without_an_invitation_is_not_bounced() -> None:
    assert status_tag(candidate("started", invitation=None)) == "Alva: Invitation Sent"


# Role fit.


@pytest.mark.parametrize(
    ("role_fit", "tag"),
    [
        (0, "Alva: Very low role fit"),
        (24, "Alva: Very low role fit"),
        (24.99, "Alva: Very low role fit"),
        (25, "Alva: Low role fit"),
        (49, "Alva: Low role fit"),
        (49.5, "Alva: Low role fit"),
        (50, "Alva: Medium role fit"),
        (74, "Alva: Medium role fit"),
        (74.999, "Alva: Medium role fit"),
        (75, "Alva: High role fit"),
        (99, "Alva: High role fit"),
        (99.9, "Alva: High role fit"),
        (100, "Alva: Very high role fit"),
        (None, None),
    ],
)
def test_role_fit_is_rounded_down_and_none_is_not_zero(role_fit: float | None, tag: str | None) -> None:
    assert tags.role_fit_tag(role_fit) == tag


@given(st.floats(0, 100))
def test_every_role_fit_has_a_tag_and_a_higher_one_never_a_lower_tag(role_fit: float) -> None:
    tag = tags.role_fit_tag(role_fit)
    assert tag is not None
    assert tags.ROLE_FIT.index(tag) >= tags.ROLE_FIT.index(tags.role_fit_tag(min(role_fit + 1, 100)) or "")


# The tags of a completion.


def test_completed_is_the_last_tag_of_a_completion() -> None:
    change = tags.with_status(["Engineering", tags.INVITATION_SENT], tags.COMPLETED, tags.role_fit_tag(82))
    assert change == TagChange(remove=(tags.INVITATION_SENT,), add=("Alva: High role fit", tags.COMPLETED))


def test_another_role_fit_replaces_the_tag() -> None:
    change = tags.with_status([tags.COMPLETED, "Alva: High role fit"], tags.COMPLETED, tags.role_fit_tag(40))
    assert change == TagChange(remove=("Alva: High role fit",), add=("Alva: Low role fit",))


def test_without_a_role_fit_its_tag_is_removed_and_completed_stays() -> None:
    change = tags.with_status([tags.COMPLETED, "Alva: High role fit"], tags.COMPLETED, tags.role_fit_tag(None))
    assert change == TagChange(remove=("Alva: High role fit",))


def test_a_completion_without_a_role_fit_is_completed() -> None:
    assert tags.with_status([], tags.COMPLETED, tags.role_fit_tag(None)) == TagChange(add=(tags.COMPLETED,))


@given(st.lists(st.sampled_from((*tags.OWNED, "Engineering", tags.SEND_TESTS)) | st.text()), FITS)
def test_one_status_and_one_role_fit_remain_and_other_tags_stay(present: list[str], role_fit: float | None) -> None:
    change = tags.with_status(present, tags.COMPLETED, tags.role_fit_tag(role_fit))
    left = [tag for tag in present if tag not in change.remove] + list(change.add)
    fit = tags.role_fit_tag(role_fit)
    assert {tag for tag in left if tag in tags.STATUS} == {tags.COMPLETED}
    assert {tag for tag in left if tag in tags.ROLE_FIT} == ({fit} if fit else set())
    assert [tag for tag in left if tag not in tags.OWNED] == [tag for tag in present if tag not in tags.OWNED]
    assert not tags.with_status(left, tags.COMPLETED, tags.role_fit_tag(role_fit))


# The facts, and their mark.

SCORES = (("logic", "74 %"), ("personality", "88 %"))
DONE = candidate("completed", "completed")


def of(candidate: AlvaCandidate = DONE, link: str | None = LINK, **changes: Any) -> Facts:
    summary: dict[str, Any] = {"score": 82, "scores": SCORES, **changes}
    return facts(candidate, results(**summary), link)


def test_without_a_role_fit_the_results_are_called_withdrawn() -> None:
    assert (of().state, of(score=None).state, of(score=0).state) == ("completed", "withdrawn", "completed")


CHANGED = {
    "role fit": of(score=83),
    "no role fit": of(score=None),
    "date": of(computed_at="2026-01-02T10:01:00Z"),
    "no date": of(computed_at=None),
    "a score": of(scores=(("logic", "75 %"), SCORES[1])),
    "one score less": of(scores=SCORES[:1]),
    "scores exchanged": of(scores=(("logic", "88 %"), ("personality", "74 %"))),
    "a status": of(candidate("completed", "skipped")),
    "one test more": of(candidate("completed", "completed", "completed")),
    "link": of(link=f"{LINK}?v=2"),
    "no link": of(link=None),
    "all of it": Facts(State.RESET),
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
def test_the_mark_changes_with_each_fact(changed: Facts) -> None:
    assert changed.mark != of().mark
    assert len({each.mark for each in CHANGED.values()}) == len(CHANGED)


SAME = {
    "the same": of(),
    "rounded down": of(score=82.9),
    "seconds": of(computed_at="2026-01-02T10:00:59.9Z"),
    "another spelling": of(computed_at="2026-01-02T10:00:00.000+00:00"),
    "another zone": of(computed_at="2026-01-02T12:00:00+02:00"),
    "no zone": of(computed_at="2026-01-02T10:00:00"),
    "scores in another order": of(scores=SCORES[::-1]),
    "tests in another order": of(replace(DONE, assessments=DONE.assessments[::-1])),
    "facts not in the note": of(replace(DONE, email="", role_fit=12.0, stage="hired")),
}


@pytest.mark.parametrize("same", SAME.values(), ids=SAME)
def test_the_mark_stays_while_the_note_would_say_the_same(same: Facts) -> None:
    assert same.mark == of().mark


@pytest.mark.parametrize("score", [82, None])
def test_the_mark_is_eight_hex_digits(score: float | None) -> None:
    mark = of(score=score).mark
    assert len(mark) == 8
    assert int(mark, 16) >= 0


def test_two_interviews_of_one_title_count_as_two() -> None:
    assessments = (Assessment("logic", "completed"),)
    one, two = (of(replace(DONE, assessments=assessments), scores=(("interview: HR", "4"),) * n) for n in (1, 2))
    assert one.mark != two.mark


def test_the_repr_of_facts_has_no_results() -> None:
    assert repr(of()) == "Facts(state=<State.COMPLETED: 'completed'>)"


@pytest.mark.parametrize(
    ("computed_at", "expected"),
    [
        ("2026-01-02T10:00:00Z", "2026-01-02T10:00:00+00:00"),
        ("2026-01-02T10:00:00+02:00", "2026-01-02T08:00:00+00:00"),
        ("2026-01-02T10:00:31.123456Z", "2026-01-02T10:00:00+00:00"),
        ("9999-12-31T23:59:59-10:00", None),
        ("0001-01-01T00:00:00+10:00", None),
        ("6:", None),
        ("now", None),
        ("10:00", None),
        ("P1D", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_real_date_is_a_fact(computed_at: str | None, expected: str | None) -> None:
    found = of(computed_at=computed_at).computed_at
    assert (None if found is None else found.isoformat()) == expected


NEARLY_DATES = st.text(st.sampled_from("0123456789-:T.Z+W /P"), max_size=30) | st.datetimes().map(datetime.isoformat)


@given(st.text() | NEARLY_DATES | st.builds("{}{}".format, NEARLY_DATES, st.sampled_from(["Z", "+14:00", "-23:59"])))
def test_any_text_can_be_a_date_and_none_reads_the_clock(computed_at: str) -> None:
    mark = of(computed_at=computed_at).mark
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("alva_lever.rules.notes.datetime", NoClock)
        assert of(computed_at=computed_at).mark == mark
