"""A person sets everything up in the browser alone, rehearses, goes live, and moves a candidate on the board."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from include.demo.running import running
from include.sandbox import Sandbox
from include.sandbox.lever.oauth import CLIENT_ID, CLIENT_SECRET, SignInDoor
from tests.browser.seeing import faults, policy_refusals

# The machine may be busy with other work.


@dataclass
class Desk:
    """An Airflow in which nothing is set up, and the sandbox with its board."""

    sandbox: Sandbox
    page_url: str
    sandbox_url: str


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    sandbox = Sandbox()
    sandbox.recruiter.add_posting("Data Engineer", team="Platform")
    with sandbox.serve() as url, running(tmp_path_factory.mktemp("airflow"), url, empty=True) as airflow:
        yield Desk(sandbox, f"{airflow.url}/alva-lever/", f"{url}/")


def press(tab: Page, name: str) -> None:
    """Presses a button, and waits for the page that answers."""
    with tab.expect_navigation():
        tab.get_by_role("button", name=name, exact=True).click()


def connect(tab: Page, vendor: str, root: str, key: str) -> None:
    form = tab.locator(f"#connection-{vendor.lower()}")
    form.get_by_label("API root").fill(root)
    form.get_by_label("API key").fill(key)
    press(tab, f"Save {vendor}'s connection")
    expect(tab.locator("main [role=status]").first).to_contain_text("is saved")


def connect_lever_by_key(tab: Page, desk: Desk) -> None:
    connect(tab, "Lever", f"{desk.sandbox_url}lever/v1", Sandbox.LEVER_KEY)


def grant_access_to_lever(tab: Page, desk: Desk) -> None:
    grant = tab.locator("#grant")
    grant.get_by_label("Lever's API root").fill(f"{desk.sandbox_url}lever/v1")
    grant.get_by_label("Client id").fill(CLIENT_ID)
    grant.get_by_label("Client secret").fill(CLIENT_SECRET)
    grant.get_by_label("Another sign-in than Lever's").fill(f"{desk.sandbox_url.rstrip('/')}{SignInDoor.root}")
    press(tab, "Save the OAuth app")
    tab.get_by_role("button", name="Grant access").click()
    tab.get_by_role("button", name="Allow").click()
    expect(tab.locator("main")).to_contain_text("Access is granted")
    tab.goto(f"{desk.page_url}set-up")


@pytest.mark.parametrize("connect_lever", [connect_lever_by_key, grant_access_to_lever])
def test_from_nothing_to_an_invitation(
    context: BrowserContext, desk: Desk, connect_lever: Callable[[Page, Desk], None]
) -> None:
    tab, board = context.new_page(), context.new_page()
    refused = policy_refusals(tab)

    # Set up, from nothing.
    tab.goto(f"{desk.page_url}set-up")
    assert faults(tab) == []
    connect_lever(tab, desk)
    connect(tab, "Alva", f"{desk.sandbox_url}alva/v1", Sandbox.ALVA_KEY)
    tab.get_by_label("Trigger stage").select_option(label="Assessment")
    tab.get_by_label("Progression stage").select_option(label="Manager screen")
    press(tab, "Save the options")
    press(tab, "Make the pool lever_api")
    press(tab, "Unpause all 4 DAGs")
    press(tab, "Register the four webhooks")
    expect(tab.locator("#webhooks")).to_contain_text("candidateStageChange: is registered now")
    tab.goto(f"{desk.page_url}set-up")
    tab.get_by_role("button", name="Check everything").click()
    expect(tab.locator("#checklist")).to_contain_text("As Lever and Alva show it")
    expect(tab.locator("#checklist")).to_contain_text("Nothing is missing or wrong.")
    assert faults(tab) == []
    assert Sandbox.LEVER_KEY not in tab.content()

    # A candidate on the board; a rehearsal writes nothing.
    board.goto(desk.sandbox_url)
    board.get_by_role("button", name="Switch them on").click()
    board.get_by_text("Add a candidate").click()
    form = board.locator("details[open]")
    form.get_by_label("Name").fill("Grace Hopper")
    form.get_by_label("E-mail").fill("grace@candidates.example.com")
    form.get_by_role("button", name="Add").click()
    grace = board.locator("#lever .card", has_text="Grace Hopper")
    expect(grace).to_be_visible()
    opportunity_id = grace.get_attribute("data-opportunity") or ""
    move(board, opportunity_id, "Assessment")
    tab.goto(desk.page_url)
    press(tab, "Rehearse")
    reload_until(tab, lambda: tab.locator("dd .good, dd .bad").count() > 0)
    expect(tab.locator("main")).to_contain_text("Nothing was written")
    assert faults(tab) == []
    assert desk.sandbox.look(opportunity_id)["alva"]["present"] is False

    # Why is she not invited yet?
    tab.goto(f"{desk.page_url}why")
    tab.get_by_label("The candidate's page in Lever, or an id").fill(
        f"https://hire.lever.co/candidates/{opportunity_id}"
    )
    tab.get_by_role("button", name="Explain").click()
    expect(tab.locator("main")).to_contain_text("Row 9 holds")
    assert faults(tab) == []

    # Go live, and move her again.
    tab.goto(f"{desk.page_url}set-up")
    tab.get_by_role("switch").check()
    press(tab, "Save the options")
    move(board, opportunity_id, "New applicant")
    move(board, opportunity_id, "Assessment")
    expect(board.locator(f"#card-{opportunity_id}")).to_contain_text("Alva: Invitation Sent")
    assert desk.sandbox.candidates.find(opportunity_id)["invitations_sent"] == 1

    # What happened, once the run has left its report.
    tab.goto(desk.page_url)
    reload_until(tab, lambda: "Invited 1" in tab.locator("main").inner_text())
    assert faults(tab) == []
    assert faults(board) == []
    assert refused == []


def move(board: Page, opportunity_id: str, stage: str) -> None:
    """Moves a candidate on the board, in the panel that their name opens."""
    board.locator(f"#open-{opportunity_id}").click()
    board.locator(f"#stage-{opportunity_id}").select_option(label=stage)
    board.locator(f"#move-{opportunity_id}").click()
    expect(board.locator("#said")).to_contain_text(f"is in {stage} now")
    board.get_by_role("link", name=re.compile("^Close")).click()


def reload_until(tab: Page, holds: Callable[[], bool]) -> None:
    """Loads the page again until this holds."""
    for _ in range(240):
        if holds():
            return
        tab.wait_for_timeout(1000)
        tab.reload()
    raise AssertionError(f"it did not come to hold: {tab.locator('main').inner_text()}")
