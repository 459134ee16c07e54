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


def test_everybody_is_known_from_before_and_was_invited() -> None:
    invited = {one.name for one in PEOPLE if one.is_invited} | {one.name for one in SCENES if one.sent}
    assert {one.name for one in RESULTS} <= invited


def test_each_way_that_results_go_is_shown() -> None:
    words = {word for one in RESULTS for word in one.expected if word}
    assert words == {"completed", "updated", "reset", "bounced"}


def test_as_expected() -> None:
    found = last(RESCORED, "o1", reports("completed", "updated"), world(*sorted(RESCORED.tags)))
    assert found.surprises == []
    assert found.words == "completed, then updated"
    table = third_table([found])
    assert "ok  Malte Frid" in table
    assert "Malte Frid: note, and link https://a/1\n  | Alva: test results\n  |\n  | Role fit: 50 of 100" in table


def test_who_is_looked_at_once_more_without_a_change_is_no_surprise() -> None:
    once = RESULTS[0]
    shown = world(*once.tags, stage=once.stage, note=once.said)
    assert last(once, "o1", reports("completed", "unchanged"), shown).surprises == []


def test_every_difference_is_a_sentence() -> None:
    found = last(RESCORED, "o1", reports("completed", "unchanged"), world(INVITATION_SENT, stage="Offer", note="else"))
    assert found.surprises == [
        "Malte Frid: the reports: expected ('completed', 'updated'), found ('completed', 'unchanged')",
        "Malte Frid: tags in Lever: expected ['Alva: Completed', 'Alva: Medium role fit'], "
        "found ['Alva: Invitation Sent']",
        "Malte Frid: stage in Lever: expected Manager screen, found Offer",
        "Malte Frid: the note says so: expected True, found False",
    ]


def test_its_moves_are_moves_of_the_sandbox() -> None:
    assert {move.name for one in RESULTS for move in (*one.first, *one.then)} <= set(moves(Sandbox().candidates))
