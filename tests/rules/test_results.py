"""The tables of section 6."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules import tags
from alva_lever.rules.asking import is_own, result_ref
from alva_lever.rules.model import Assessment, Results, RoleFit
from alva_lever.rules.results import result_note, role_fit_tag, status_tag
from alva_lever.rules.tags import TagChange
from tests.rules.build import candidate, note

REF = result_ref("48213")


class NoClock(datetime):
    """A datetime that says when it was asked what time it is."""

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
def test_who_was_invited_with_nothing_wrong_is_invited(statuses: list[str]) -> None:
    assert status_tag(candidate(*statuses)) == "Alva: Invitation Sent"


def test_whose_invitation_came_back_is_bounced() -> None:
    assert status_tag(candidate("invited", sent="bounced")) == "Alva: Invitation Bounced"


@pytest.mark.parametrize("sent", ["sent", "delivered", "bounced"])
def test_who_completed_all_tests_is_completed_whatever_became_of_the_mail(sent: str) -> None:
    assert status_tag(candidate("completed", "completed", sent=sent)) == "Alva: Completed"


def test_whose_tests_were_reset_is_invited() -> None:
    assert status_tag(candidate("invited", "invited", role_fit=82.0)) == "Alva: Invitation Sent"


def test_who_has_no_invitation_has_none_that_bounced() -> None:
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
    assert role_fit_tag(role_fit) == tag


@given(st.floats(0, 100))
def test_every_role_fit_has_a_tag_and_a_better_one_never_a_lower(role_fit: float) -> None:
    tag = role_fit_tag(role_fit)
    assert tag is not None
    assert tags.ROLE_FIT.index(tag) >= tags.ROLE_FIT.index(role_fit_tag(min(role_fit + 1, 100)) or "")


# The tags of a completion.


def test_a_completion_is_tagged_with_completed_last() -> None:
    change = tags.with_status(["Engineering", tags.INVITATION_SENT], tags.COMPLETED, role_fit_tag(82))
    assert change == TagChange(remove=(tags.INVITATION_SENT,), add=("Alva: High role fit", tags.COMPLETED))


def test_another_role_fit_replaces_the_tag() -> None:
    change = tags.with_status([tags.COMPLETED, "Alva: High role fit"], tags.COMPLETED, role_fit_tag(40))
    assert change == TagChange(remove=("Alva: High role fit",), add=("Alva: Low role fit",))


def test_without_a_role_fit_the_tag_goes_and_completed_stays() -> None:
    change = tags.with_status([tags.COMPLETED, "Alva: High role fit"], tags.COMPLETED, role_fit_tag(None))
    assert change == TagChange(remove=("Alva: High role fit",))


def test_a_completion_without_a_role_fit_is_completed() -> None:
    assert tags.with_status([], tags.COMPLETED, role_fit_tag(None)) == TagChange(add=(tags.COMPLETED,))


@given(st.lists(st.sampled_from((*tags.OWNED, "Engineering", tags.SEND_TESTS)) | st.text()), FITS)
def test_one_status_and_one_role_fit_are_left_and_other_tags_untouched(
    present: list[str], role_fit: float | None
) -> None:
    change = tags.with_status(present, tags.COMPLETED, role_fit_tag(role_fit))
    left = [tag for tag in present if tag not in change.remove] + list(change.add)
    fit = role_fit_tag(role_fit)
    assert {tag for tag in left if tag in tags.STATUS} == {tags.COMPLETED}
    assert {tag for tag in left if tag in tags.ROLE_FIT} == ({fit} if fit else set())
    assert [tag for tag in left if tag not in tags.OWNED] == [tag for tag in present if tag not in tags.OWNED]
    assert not tags.with_status(left, tags.COMPLETED, role_fit_tag(role_fit))


# The note.


def test_the_note_holds_role_fit_label_date_assessments_and_link() -> None:
    done = candidate("completed", "completed")
    summary = results(82, scores=(("personality", "88 %"), ("logic", "74 %, sten 7")))
    assert result_note(done, summary, LINK, REF) == (
        "Alva: test results\n"
        "\n"
        "Role fit: 82 of 100 (High role fit), as of 2026-01-02 10:00 UTC\n"
        "Logic: completed, 74 %, sten 7\n"
        "Personality: completed, 88 %\n"
        "\n"
        "Details: https://app.alva.example.test/c/48213\n"
        "\n"
        "Ref: alva-lever/result/48213"
    )


def test_the_note_is_known_as_the_integrations_own() -> None:
    assert is_own(note(result_note(candidate("completed"), results(82), LINK, REF)), REF)


def test_the_same_results_make_the_same_note() -> None:
    first, second = (result_note(candidate("completed"), results(82), LINK, REF) for _ in range(2))
    assert first == second


def test_role_fit_in_the_note_is_rounded_down_like_the_tag() -> None:
    assert "Role fit: 99 of 100 (High role fit)" in result_note(candidate("completed"), results(99.9), LINK, REF)


def test_the_note_says_that_there_is_no_role_fit_now() -> None:
    assert "Role fit: none now\n" in result_note(candidate("completed"), results(None), LINK, REF)


def test_a_role_fit_of_zero_is_told_as_zero() -> None:
    assert "Role fit: 0 of 100 (Very low role fit)" in result_note(candidate("completed"), results(0), LINK, REF)


def test_a_link_that_alva_does_not_give_is_not_built() -> None:
    text = result_note(candidate("completed"), results(82, url=None), None, REF)
    assert "http" not in text
    assert text.endswith(f"\n\n{REF}")


def test_an_assessment_without_a_score_is_told_with_its_status() -> None:
    assert "\nLogic: completed\n" in result_note(candidate("completed"), results(82), LINK, REF)


def test_a_score_without_an_assessment_is_told_too() -> None:
    summary = results(82, scores=(("interview: Technical", "4"),))
    assert "\nInterview: Technical: 4\n" in result_note(candidate("completed"), summary, LINK, REF)


def test_two_interviews_of_the_same_title_are_both_told() -> None:
    summary = results(82, scores=(("interview: Technical", "4"), ("interview: Technical", "2")))
    text = result_note(candidate("completed"), summary, LINK, REF)
    assert [line for line in text.splitlines() if "Technical" in line] == [
        "Interview: Technical: 4",
        "Interview: Technical: 2",
    ]


def test_names_of_assessments_are_readable() -> None:
    screened = candidate(assessments=(Assessment("screening_for_readiness", "completed"),))
    assert "\nScreening for readiness: completed\n" in result_note(screened, results(82), LINK, REF)


@pytest.mark.parametrize(
    ("computed_at", "told"),
    [
        ("2026-01-02T10:00:00Z", ", as of 2026-01-02 10:00 UTC\n"),
        ("2026-01-02T10:00:00+02:00", ", as of 2026-01-02 08:00 UTC\n"),
        ("2026-01-02T10:00:00.123456Z", ", as of 2026-01-02 10:00 UTC\n"),
        ("9999-12-31T23:59:59-10:00", "(High role fit)\n"),
        ("0001-01-01T00:00:00+10:00", "(High role fit)\n"),
        ("6:", "(High role fit)\n"),
        ("now", "(High role fit)\n"),
        ("10:00", "(High role fit)\n"),
        ("P1D", "(High role fit)\n"),
        ("yesterday", "(High role fit)\n"),
        ("", "(High role fit)\n"),
        (None, "(High role fit)\n"),
    ],
)
def test_the_date_is_told_where_it_is_one(computed_at: str | None, told: str) -> None:
    assert told in result_note(candidate("completed"), results(82, computed_at), LINK, REF)


NEARLY_DATES = st.text(st.sampled_from("0123456789-:T.Z+W /P"), max_size=30) | st.datetimes().map(datetime.isoformat)


@given(st.text() | NEARLY_DATES | st.builds("{}{}".format, NEARLY_DATES, st.sampled_from(["Z", "+14:00", "-23:59"])))
def test_no_date_is_too_odd_and_none_reads_the_clock(computed_at: str) -> None:
    def told() -> str:
        return result_note(candidate("completed"), results(82, computed_at), LINK, REF)

    text = told()
    assert "Role fit: 82 of 100 (High role fit)" in text
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("alva_lever.rules.results.datetime", NoClock)
        assert told() == text
