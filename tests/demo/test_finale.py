from __future__ import annotations

from typing import Any

from include.demo.finale import RESULTS, last
from include.demo.plot import INVITATION_SENT
from include.demo.printing import third_table
from include.demo.sequel import SCENES
from include.demo.story import PEOPLE
from include.sandbox import Sandbox
from include.sandbox.control import moves

RESCORED = RESULTS[1]
NOTE = "Alva: test results\n\nRole fit: 50 of 100"


def reports(*words: str) -> list[list[dict[str, Any]]]:
    return [[{"ids": {word: ["o1"]}}] for word in words]


def world(*tags: str, stage: str = "Manager screen", note: str = NOTE) -> dict[str, Any]:
    notes = [{"author": "Mo", "text": "Nice"}, {"author": None, "text": note}]
    return {
        "tags": ["Engineering", "Alva: Send Tests", *tags],
        "stage": stage,
        "notes": notes,
        "links": ["https://a/1"],
    }


def test_every_result_is_of_an_invited_candidate() -> None:
    invited = {person.name for person in PEOPLE if person.is_invited} | {scene.name for scene in SCENES if scene.sent}
    assert {result.name for result in RESULTS} <= invited


def test_every_outcome_of_results_is_in_the_story() -> None:
    words = {word for result in RESULTS for word in result.expected if word}
    assert words == {"completed", "updated", "reset", "bounced"}


def test_expected_results_are_no_surprise() -> None:
    found = last(RESCORED, "o1", reports("completed", "updated"), world(*sorted(RESCORED.tags)))
    assert found.surprises == []
    assert found.words == "completed, then updated"
    table = third_table([found])
    assert "ok  Malte Frid" in table
    assert "Malte Frid: note, and link https://a/1\n  | Alva: test results\n  |\n  | Role fit: 50 of 100" in table


def test_an_unchanged_candidate_in_a_later_report_is_no_surprise() -> None:
    once = RESULTS[0]
    shown = world(*once.tags, stage=once.stage, note=once.said)
    assert last(once, "o1", reports("completed", "unchanged"), shown).surprises == []


def test_every_difference_is_a_surprise_in_a_sentence() -> None:
    found = last(RESCORED, "o1", reports("completed", "unchanged"), world(INVITATION_SENT, stage="Offer", note="else"))
    assert found.surprises == [
        "Malte Frid: the reports: expected ('completed', 'updated'), found ('completed', 'unchanged')",
        "Malte Frid: tags in Lever: expected ['Alva: Completed', 'Alva: Medium role fit'], "
        "found ['Alva: Invitation Sent']",
        "Malte Frid: stage in Lever: expected Manager screen, found Offer",
        "Malte Frid: the note says so: expected True, found False",
    ]


def test_every_move_of_the_results_exists_in_the_sandbox() -> None:
    assert {move.name for result in RESULTS for move in (*result.first, *result.then)} <= set(
        moves(Sandbox().candidates)
    )
