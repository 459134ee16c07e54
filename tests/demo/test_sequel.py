from __future__ import annotations

from dataclasses import replace
from typing import Any

from include.demo.control import Control
from include.demo.plot import act, perform
from include.demo.printing import second_table
from include.demo.sequel import SCENES, ending
from include.demo.story import PEOPLE, POSTINGS
from include.sandbox import Sandbox

INVITED = SCENES[0]


def in_alva(stage: str | None = "in_process", sent: int = 1) -> dict[str, Any]:
    return {"candidate": None if stage is None else {"stage": stage}, "invitations_sent": sent}


def test_the_sequel_can_be_played_in_the_sandbox_after_the_story() -> None:
    sandbox = Sandbox()
    with sandbox.serve() as url:
        control = Control(url)
        ids = perform(control, POSTINGS, PEOPLE)
        known = {
            scene.name: act(control, scene.name, scene.moves, ids.get(scene.name))
            for scene in SCENES
            if scene.expected != "unconfirmed"
        }
        assert control.deliveries() == {"waiting": 0, "delivered": 0, "failed": 0}
    assert {scene.name for scene in SCENES} & set(ids) == {"Ada Holm", "Selma Berg", "Tove Lind"}
    assert sandbox.world.lever.opportunities.get(known["Selma Berg"]) is None
    assert sandbox.look(known["Ada Holm"])["archived"] == "Hired"


def test_each_event_and_a_false_event_have_a_scene() -> None:
    expected = {scene.expected for scene in SCENES}
    assert expected == {"trigger_stage", "screening", "not_requested", "archived", "hired", "deleted", "unconfirmed"}


def test_an_expected_ending_is_no_surprise() -> None:
    found = ending(INVITED, "o1", [{"ids": {"trigger_stage": ["o1"]}}, {"ids": {"already_invited": ["o1"]}}], in_alva())
    assert found.surprises == []
    assert found.world == "in Alva: in_process, an e-mail sent"


def test_every_difference_is_a_sentence_and_marked_in_the_table() -> None:
    found = ending(INVITED, "o1", [], in_alva(None, 2))
    assert found.surprises == [
        "Elin Torp: the events' reports: expected trigger_stage, found None",
        "Elin Torp: invitation e-mails from Alva: expected 1, found 2",
        "Elin Torp: stage in Alva: expected in_process, found None",
    ]
    fine = ending(
        replace(INVITED, sent=0, stage=None, expected="gone"), "o1", [{"ids": {"gone": ["o1"]}}], in_alva(None, 0)
    )
    lines = second_table([found, fine]).splitlines()
    assert [line[:2] for line in lines] == ["  ", "!!", "ok"]
