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


def test_it_can_be_played_in_the_sandbox_after_the_first_half() -> None:
    sandbox = Sandbox()
    with sandbox.serve() as url:
        control = Control(url)
        ids = perform(control, POSTINGS, PEOPLE)
        known = {
            one.name: act(control, one.name, one.moves, ids.get(one.name))
            for one in SCENES
            if one.expected != "unconfirmed"
        }
        assert control.deliveries() == {"waiting": 0, "delivered": 0, "failed": 0}
    assert {one.name for one in SCENES} & set(ids) == {"Ada Holm", "Selma Berg", "Tove Lind"}
    assert sandbox.world.lever.opportunities.get(known["Selma Berg"]) is None
    assert sandbox.look(known["Ada Holm"])["archived"] == "Hired"


def test_each_event_and_a_claim_that_is_not_so_have_a_scene() -> None:
    expected = {one.expected for one in SCENES}
    assert expected == {"trigger_stage", "screening", "not_requested", "archived", "hired", "deleted", "unconfirmed"}


def test_an_ending_as_expected() -> None:
    one = ending(INVITED, "o1", [{"ids": {"trigger_stage": ["o1"]}}, {"ids": {"already_invited": ["o1"]}}], in_alva())
    assert one.surprises == []
    assert one.world == "in Alva: in_process, an e-mail sent"


def test_every_difference_is_a_sentence_and_is_marked() -> None:
    one = ending(INVITED, "o1", [], in_alva(None, 2))
    assert one.surprises == [
        "Elin Torp: the events' reports: expected trigger_stage, found None",
        "Elin Torp: invitation e-mails from Alva: expected 1, found 2",
        "Elin Torp: stage in Alva: expected in_process, found None",
    ]
    fine = ending(
        replace(INVITED, sent=0, stage=None, expected="gone"), "o1", [{"ids": {"gone": ["o1"]}}], in_alva(None, 0)
    )
    lines = second_table([one, fine]).splitlines()
    assert [line[:2] for line in lines] == ["  ", "!!", "ok"]
