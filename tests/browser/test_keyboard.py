"""Everything is set up, and the board is played, by keyboard alone; where the focus is can be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from include.sandbox import Sandbox
from tests.browser.keyboard import Keyboard
from tests.browser.seeing import log_in
from tests.pages.conftest import Site
from tests.pages.test_setup import _as_the_api_server, bare, options, root, stage

__all__ = ["_as_the_api_server", "bare", "root"]
pytestmark = pytest.mark.usefixtures("unpaced")


def test_everything_is_set_up(
    bare: Site, context: BrowserContext, tab: Page, sandbox: Sandbox, root: Callable[[str], str]
) -> None:
    log_in(context, bare, "ADMIN")
    keys, done = Keyboard(tab), tab.locator("main [role=status]").first
    tab.goto(f"{bare.url}why")
    keys.use(tab.get_by_role("link", name="Set-up"))
    for vendor, key in (("Lever", sandbox.LEVER_KEY), ("Alva", sandbox.ALVA_KEY)):
        form = tab.locator(f"#connection-{vendor.lower()}")
        keys.type(form.get_by_label("API root"), root(vendor.lower()))
        keys.type(form.get_by_label("API key"), key)
        keys.press("Enter")
        expect(done).to_have_text(f"{vendor}'s connection is saved.")
    keys.choose(tab.get_by_label("Trigger stage"), "Assessment")
    keys.choose(tab.get_by_label("Progression stage"), "Manager screen")
    keys.use(tab.get_by_label("Agency"), "Space")
    keys.use(tab.get_by_role("button", name="Save the options"), "Space")
    expect(done).to_contain_text("They begin as a rehearsal")
    unpausing = tab.get_by_role("button", name="Unpause all 4 DAGs")
    keys.to(unpausing)
    keys.to(tab.get_by_role("button", name="Make the pool"), back=True)
    keys.press("Enter")
    expect(done).to_have_text("The pool has 1 slot.")
    keys.use(unpausing)
    expect(done).to_have_text("All four DAGs are unpaused.")
    keys.type(tab.get_by_label("Where Lever reaches Airflow"), "https://airflow.example.com")
    keys.use(tab.get_by_role("button", name="Register the four webhooks"))
    expect(tab.locator("#webhooks")).to_contain_text("candidateStageChange: is registered now")
    keys.use(tab.get_by_role("button", name="Check everything"))
    expect(tab.locator("#checklist")).to_contain_text("As Lever and Alva show it")
    keys.use(tab.get_by_role("switch"), "Space")
    keys.use(tab.get_by_role("button", name="Save the options"))
    expect(done).to_contain_text("The options are saved.")
    # Live: there is no `dry_run`.
    assert options() == {
        "trigger_stage": stage(sandbox, "Assessment"),
        "progression_stage": stage(sandbox, "Manager screen"),
        "blocked_origins": ["agency"],
    }


def test_the_board_is_played(tab: Page, sandbox: Sandbox, posting: str, served: str) -> None:
    keys = Keyboard(tab)
    tab.goto(f"{served}/")
    keys.use(tab.get_by_text("Add a candidate"))
    form = tab.locator("details[open]")
    keys.type(form.get_by_label("Name"), "Grace Hopper")
    keys.type(form.get_by_label("E-mail"), "grace@candidates.example.com")
    keys.use(form.get_by_role("button", name="Add"))
    grace = tab.locator("#lever .card", has_text="Grace Hopper")
    opportunity_id = grace.get_attribute("data-opportunity") or ""

    # By the arrows on the card.
    on = tab.locator(f"#on-{opportunity_id}")
    keys.use(on)
    expect(tab.locator("#said")).to_contain_text("is in Assessment now")
    assert sandbox.look(opportunity_id)["stage"] == "Assessment"
    # The focus has moved with the card.
    assert keys.has(on)

    # In the panel that the name opens.
    keys.to(tab.locator(f"#open-{opportunity_id}"), back=True)
    keys.press("Enter")
    keys.choose(tab.locator(f"#stage-{opportunity_id}"), "Offer")
    keys.use(tab.locator(f"#move-{opportunity_id}"), "Space")
    expect(tab.locator("#said")).to_contain_text("is in Offer now")
    assert sandbox.look(opportunity_id)["stage"] == "Offer"
