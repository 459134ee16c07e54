"""The notes of sections 3 and 6: the text for recruiters, and the last line that marks the integration's own notes."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alva_lever.rules.model import Assessment, Results, RoleFit
from alva_lever.rules.notes import (
    ALREADY_ON_JOB,
    Facts,
    Failure,
    Reference,
    State,
    bounce_note,
    bounce_ref,
    facts,
    failure_note,
    failure_ref,
    is_own,
    own,
    read,
    result_note,
    result_ref,
)
from tests.rules.build import NEW_YEAR_MS, candidate, note, policy

RUN = "manual__2026-01-02T08:00:00.123456+00:00_aB3"
LINK = "https://app.alva.example.test/c/48213"
REF = failure_ref("missing_email", "7")
BOUNCE_REF = bounce_ref(candidate(sent="bounced"))
RESULT_REF = result_ref("48213", Facts(State.COMPLETED))
EVERY = [
    *(pytest.param(failure_note(failure, policy=policy(), ref=REF), REF, id=failure) for failure in Failure),
    pytest.param(bounce_note(policy=policy(), ref=BOUNCE_REF), BOUNCE_REF, id="bounce"),
]

# The line.

REFS = {
    "of an entry": ("Ref: alva-lever/failure/no_posting/1767225600000", ("failure", "no_posting", "1767225600000")),
    "of a run": (f"Ref: alva-lever/failure/missing_email/{RUN}", ("failure", "missing_email", RUN)),
    "of addresses": (
        "Ref: alva-lever/failure/invalid_email/0a1b2c3d4e5f",
        ("failure", "invalid_email", "0a1b2c3d4e5f"),
    ),
    "bounce": (f"Ref: alva-lever/bounce/48213-{NEW_YEAR_MS}", ("bounce", f"48213-{NEW_YEAR_MS}")),
    "bounce of no time": ("Ref: alva-lever/bounce/48213-0", ("bounce", "48213-0")),
    "bounce of a UUID": ("Ref: alva-lever/bounce/3f0e-7a52-b1-7", ("bounce", "3f0e-7a52-b1-7")),
    "result": ("Ref: alva-lever/result/48213 completed 0a1b2c3d", ("result", "48213")),
    "result of a UUID": ("Ref: alva-lever/result/3f0e-7a52-b1 awaiting 99999999", ("result", "3f0e-7a52-b1")),
    "result of the first version": ("Ref: alva-lever/result/48213", ("result", "48213")),
}
ENTITIES = str.maketrans({"/": "&#x2F;", "-": "&#45;", " ": "&nbsp;", ":": "&colon;"})
RENDERINGS: dict[str, Callable[[str], str]] = {
    "as written": lambda line: f"Alva: something\n\n{line}",
    "alone": lambda line: line,
    "blank lines": lambda line: f"Alva: something\n\n{line} \n\n",
    "windows": lambda line: f"Alva: something\r\n\r\n{line}\r\n",
    "one line": lambda line: f"Alva: something {line}",
    "line breaks removed": lambda line: f"Details: {LINK}{line}",
    "paragraphs": lambda line: f"<p>Alva: something</p><p>{line}</p>",
    "breaks": lambda line: f"Alva: something<br/><br/>{line}<br>",
    "bold": lambda line: f"<div><b>{line.replace(': ', ':</b> ', 1)}</div>",
    "a link": lambda line: line.replace("alva", '<a href="https://x.test/?a=1">alva', 1).replace(" c", "</a> c"),
    "entities": lambda line: (
        line.replace("/", "&#x2F;").replace("-", "&#45;").replace(" ", "&nbsp;").replace(":", "&#58;")
    ),
    "entities of entities": lambda line: html.escape(f"<p>R&amp;D</p>{line}".replace("/", "&#47;")),
    "escaped": lambda line: html.escape(f"<p>{line}</p>"),
    "wrapped": lambda line: line.replace(" ", "\n"),
    "invisible": lambda line: "\u200b".join(line) + "\ufeff",
    "text behind": lambda line: f"Alva: something\n\n{line}\nCall her, I'd say. Ref: none > none",
    "text behind in the line": lambda line: f"{line} (sent by an API)",
    "less and more": lambda line: f"1<2 and R<d: {line}\n> quoted",
    "twice": lambda line: f"{line}\n{line}",
    "after another": lambda line: f"Alva says: Ref: alva-lever/result/1 reset 11111111Ref: alva-lever/\n\n{line}",
}


@pytest.mark.parametrize("rendered", RENDERINGS.values(), ids=RENDERINGS)
@pytest.mark.parametrize(("line", "about"), REFS.values(), ids=REFS)
def test_the_last_line_is_found_however_lever_renders_the_note(
    line: str, about: tuple[str, ...], rendered: Callable[[str], str]
) -> None:
    there = note(rendered(line))
    found = own(there)
    assert found is not None
    assert found.about == about
    assert (found.state, found.mark) == {
        "completed 0a1b2c3d": (State.COMPLETED, "0a1b2c3d"),
        "awaiting 99999999": (State.AWAITING, "99999999"),
    }.get(line.partition(" ")[2].partition(" ")[2], (None, None))
    assert is_own(there, line)


@pytest.mark.parametrize("name", ["of an entry", "bounce", "bounce of no time", "result", "result of a UUID"])
def test_the_last_line_is_found_with_words_glued_to_it(name: str) -> None:
    line, about = REFS[name]
    found = read(f"Alva: something{line}Sent by an API")
    assert found is not None
    assert found.about == about
    assert found == read(line)


@pytest.mark.parametrize(("line", "about"), REFS.values(), ids=REFS)
def test_a_note_by_a_person_is_never_the_integrations_own(line: str, about: tuple[str, ...]) -> None:
    there = note(f"I saw this:\n\n{line}", author_id="user-1")
    assert own(there) is None
    assert not is_own(there, line)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Ref: alva-lever/result/482131", "Ref: alva-lever/result/48213"),
        ("Ref: alva-lever/result/48213-1", "Ref: alva-lever/result/48213"),
        ("Ref: alva-lever/result/48213", "Ref: alva-lever/bounce/48213-0"),
        ("Ref: alva-lever/bounce/48213-12", "Ref: alva-lever/bounce/48213-1"),
        ("Ref: alva-lever/failure/no_posting/17672256000001", "Ref: alva-lever/failure/no_posting/1767225600000"),
        ("Ref: alva-lever/failure/no_posting/7", "Ref: alva-lever/failure/missing_email/7"),
        ("Ref: alva-lever/failure/no_posting/run+7", "Ref: alva-lever/failure/no_posting/run"),
    ],
)
def test_a_note_about_something_else_does_not_match(text: str, wanted: str) -> None:
    assert not is_own(note(text), wanted)
    assert not is_own(note(wanted), text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ref: alva-lever/",
        "Ref: alva-lever/other/7",
        "Ref: other/7",
        "see alva-lever/result/48213",
        "Ref: alva-lever",
    ],
)
def test_other_texts_have_no_ref(text: str) -> None:
    assert read(text) is None


def test_a_result_note_matches_in_any_state() -> None:
    lines = [result_ref("48213", Facts(state, role_fit=fit)) for state in State for fit in (1, 2)]
    assert len(set(lines)) == len(lines)
    assert all(is_own(note(line), other) for line in lines for other in [*lines, "Ref: alva-lever/result/48213"])


@pytest.mark.parametrize("rest", ["paused 0a1b2c3d", "completed", "completed 0a1b", "0a1b2c3d", "reset soon"])
def test_an_incomplete_ref_is_read_like_one_of_the_first_version(rest: str) -> None:
    assert read(f"Ref: alva-lever/result/48213 {rest}") == Reference(("result", "48213"))


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.sampled_from(State))
def test_a_written_ref_is_read_back(candidate_id: str, state: State) -> None:
    wanted = Facts(state, role_fit=7)
    found = read(f"<p>{html.escape(result_ref(candidate_id, wanted))}</p>")
    assert found == Reference(("result", candidate_id), state, wanted.mark)


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_around_the_ref_can_be_read(before: str, behind: str) -> None:
    assert read(f"{before}\n\n{RESULT_REF}\n\n{behind}") == read(RESULT_REF)


# The words about an invitation.


@pytest.mark.parametrize(
    ("failure", "wrong"),
    [
        (Failure.MISSING_EMAIL, "has no e-mail address"),
        (Failure.INVALID_EMAIL, "None of the candidate's e-mail addresses is valid"),
        (Failure.NO_POSTING, "not on a posting"),
        (Failure.REFUSED_BY_ALVA, "Alva refused the candidate"),
    ],
)
def test_a_note_says_what_is_wrong(failure: Failure, wrong: str) -> None:
    assert wrong in failure_note(failure, policy=policy(), ref=REF)


def test_a_note_says_that_an_invitation_bounced() -> None:
    assert "could not be delivered" in bounce_note(policy=policy(), ref=BOUNCE_REF)


@pytest.mark.parametrize(("text", "ref"), EVERY)
def test_a_note_ends_with_its_line(text: str, ref: str) -> None:
    assert text.splitlines()[-1] == ref
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
def test_the_note_says_that_send_tests_with_a_correction_in_lever_is_enough(failure: Failure) -> None:
    assert "Alva: Send Tests" in failure_note(failure, policy=policy(), ref=REF)


def test_the_bounce_note_says_that_send_tests_with_another_address_is_enough() -> None:
    assert "if the candidate has the tag Alva: Send Tests, just put the correct address first" in bounce_note(
        policy=policy(), ref=REF
    )


def test_the_note_about_a_refusal_does_not_offer_send_tests() -> None:
    assert "Alva: Send Tests" not in failure_note(Failure.REFUSED_BY_ALVA, policy=policy(), ref=REF)


@pytest.mark.parametrize("detail", ["Alva says: The job position has expired.", ALREADY_ON_JOB])
def test_a_refusal_gives_the_reason(detail: str) -> None:
    text = failure_note(Failure.REFUSED_BY_ALVA, policy=policy(), ref=REF, detail=detail)
    assert f"Alva refused the candidate. {detail}\n" in text


@pytest.mark.parametrize("detail", [None, "", " \n"])
def test_a_refusal_without_a_reason_leaves_no_gap(detail: str | None) -> None:
    text = failure_note(Failure.REFUSED_BY_ALVA, policy=policy(), ref=REF, detail=detail)
    assert "Alva refused the candidate.\n" in text


def test_a_long_reason_is_cut() -> None:
    text = failure_note(Failure.REFUSED_BY_ALVA, policy=policy(), ref=REF, detail="x" * 10_000)
    assert "x" * 500 in text
    assert "x" * 501 not in text


@given(st.text() | st.just("No.\n\nRef: alva-lever/result/1"))
def test_no_reason_from_alva_breaks_the_last_line(detail: str) -> None:
    text = failure_note(Failure.REFUSED_BY_ALVA, policy=policy(), ref=REF, detail=detail)
    assert is_own(note(text), REF)
    assert text.count("\n") == failure_note(Failure.REFUSED_BY_ALVA, policy=policy(), ref=REF).count("\n")


# The words about results.

DONE = candidate("completed", "completed")


def note_text(
    score: float | None = 82,
    scores: tuple[tuple[str, str], ...] = (),
    *,
    tests: tuple[Assessment, ...] = DONE.assessments,
    computed_at: str | None = "2026-01-02T10:00:00Z",
    link: str | None = LINK,
) -> str:
    """The result note for these results."""
    fit = None if score is None else RoleFit(score, computed_at)
    found = facts(candidate(assessments=tests), Results("48213", fit, scores, None), link)
    return result_note(found, result_ref("48213", found))


def test_a_result_note_holds_role_fit_label_date_assessments_and_link() -> None:
    text, _, line = note_text(82, (("personality", "88 %"), ("logic", "74 %, sten 7"))).rpartition("\n")
    assert text == (
        "Alva: test results\n"
        "\n"
        "Role fit: 82 of 100 (High role fit), as of 2026-01-02 10:00 UTC\n"
        "Logic: completed, 74 %, sten 7\n"
        "Personality: completed, 88 %\n"
        "\n"
        "Details: https://app.alva.example.test/c/48213\n"
    )
    assert line.startswith("Ref: alva-lever/result/48213 completed ")


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (99.9, "Role fit: 99 of 100 (High role fit), "),
        (0, "Role fit: 0 of 100 (Very low role fit), "),
        (100, "Role fit: 100 of 100 (Very high role fit), "),
        (None, "Role fit: none now\n"),
    ],
)
def test_role_fit_is_rounded_down_like_the_tag_and_none_is_not_zero(score: float | None, said: str) -> None:
    assert said in note_text(score)


def test_without_a_link_from_alva_the_note_has_none() -> None:
    assert "http" not in note_text(link=None)
    assert "\n\nRef: " in note_text(link=None)


def test_an_assessment_without_a_score_shows_its_status() -> None:
    assert "\nLogic: completed\n" in note_text()


def test_a_score_without_an_assessment_is_shown_too() -> None:
    assert "\nInterview: Technical: 4\n" in note_text(82, (("interview: Technical", "4"),))


def test_two_interviews_of_the_same_title_are_both_shown() -> None:
    text = note_text(82, (("interview: Technical", "4"), ("interview: Technical", "2")))
    assert [line for line in text.splitlines() if "Technical" in line] == [
        "Interview: Technical: 4",
        "Interview: Technical: 2",
    ]


def test_names_of_assessments_are_readable() -> None:
    text = note_text(tests=(Assessment("screening_for_readiness", "completed"),))
    assert "\nScreening for readiness: completed\n" in text


@pytest.mark.parametrize("computed_at", ["9999-12-31T23:59:59-10:00", "now", "10:00", "yesterday", "", None])
def test_an_unusable_date_is_left_out(computed_at: str | None) -> None:
    assert "(High role fit)\n" in note_text(computed_at=computed_at)


@pytest.mark.parametrize(("state", "said"), [(State.RESET, "reset"), (State.AWAITING, "Further tests")])
def test_the_note_says_when_the_results_are_gone(state: State, said: str) -> None:
    text = result_note(Facts(state), result_ref("48213", Facts(state)))
    assert said in text
    assert "Role fit" not in text
    assert text.splitlines()[-1].startswith(f"Ref: alva-lever/result/48213 {state} ")
