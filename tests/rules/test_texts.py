"""What recruiters read when an invitation failed or came back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules.asking import Failure, bounce_ref, failure_ref, is_own
from alva_lever.rules.texts import ALREADY_ON_JOB, bounce_note, failure_note
from tests.rules.build import candidate, note, settings

REF = failure_ref("missing_email", "7")
BOUNCE_REF = bounce_ref(candidate(sent="bounced"))
EVERY = [
    *(pytest.param(failure_note(failure, settings=settings(), ref=REF), REF, id=failure) for failure in Failure),
    pytest.param(bounce_note(settings=settings(), ref=BOUNCE_REF), BOUNCE_REF, id="bounce"),
]


@pytest.mark.parametrize(
    ("failure", "wrong"),
    [
        (Failure.MISSING_EMAIL, "has no e-mail address"),
        (Failure.INVALID_EMAIL, "None of the candidate's e-mail addresses is a valid one"),
        (Failure.NO_POSTING, "on no posting"),
        (Failure.REFUSED_BY_ALVA, "Alva did not take the candidate"),
    ],
)
def test_a_note_says_what_is_wrong(failure: Failure, wrong: str) -> None:
    assert wrong in failure_note(failure, settings=settings(), ref=REF)


def test_a_note_says_that_an_invitation_bounced() -> None:
    assert "came back" in bounce_note(settings=settings(), ref=BOUNCE_REF)


@pytest.mark.parametrize(("text", "ref"), EVERY)
def test_a_note_is_known_as_the_integrations_own(text: str, ref: str) -> None:
    assert is_own(note(text), ref)


@pytest.mark.parametrize(("text", "ref"), EVERY)
def test_a_note_says_how_to_ask_again(text: str, ref: str) -> None:
    assert "move the candidate to another stage and back to Tests" in text
    assert "name the candidate in a manual run" in text


@pytest.mark.parametrize(("text", "ref"), EVERY)
def test_a_note_is_plain_text_that_begins_with_alva(text: str, ref: str) -> None:
    assert text.startswith("Alva: the invitation ")
    assert "`" not in text
    assert "**" not in text


@pytest.mark.parametrize("failure", [Failure.MISSING_EMAIL, Failure.INVALID_EMAIL, Failure.NO_POSTING])
def test_what_can_be_mended_in_lever_is_enough_with_send_tests(failure: Failure) -> None:
    assert "Alva: Send Tests" in failure_note(failure, settings=settings(), ref=REF)


def test_a_bounce_is_mended_by_another_address_with_send_tests() -> None:
    assert "with the tag Alva: Send Tests, put the right address first" in bounce_note(settings=settings(), ref=REF)


def test_a_refusal_is_not_mended_by_send_tests() -> None:
    assert "Alva: Send Tests" not in failure_note(Failure.REFUSED_BY_ALVA, settings=settings(), ref=REF)


@pytest.mark.parametrize("detail", ["Alva says: The job position has expired.", ALREADY_ON_JOB])
def test_a_refusal_gives_the_reason(detail: str) -> None:
    text = failure_note(Failure.REFUSED_BY_ALVA, settings=settings(), ref=REF, detail=detail)
    assert f"Alva did not take the candidate. {detail}\n" in text


@pytest.mark.parametrize("detail", [None, "", " \n"])
def test_without_a_reason_there_is_no_gap(detail: str | None) -> None:
    text = failure_note(Failure.REFUSED_BY_ALVA, settings=settings(), ref=REF, detail=detail)
    assert "Alva did not take the candidate.\n" in text


def test_a_long_reason_is_cut() -> None:
    text = failure_note(Failure.REFUSED_BY_ALVA, settings=settings(), ref=REF, detail="x" * 10_000)
    assert "x" * 500 in text
    assert "x" * 501 not in text


@given(st.text() | st.just("No.\n\nRef: alva-lever/result/1"))
def test_whatever_alva_says_the_note_keeps_its_last_line(detail: str) -> None:
    text = failure_note(Failure.REFUSED_BY_ALVA, settings=settings(), ref=REF, detail=detail)
    assert is_own(note(text), REF)
    assert text.count("\n") == failure_note(Failure.REFUSED_BY_ALVA, settings=settings(), ref=REF).count("\n")
