"""Why was this one not invited? Asked in a browser: each row of the table, each failure, and a leftover."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.seeing import log_in
from tests.dags.runner import Runner
from tests.pages.conftest import Site
from tests.pages.story import ELSEWHERE, NAME, ROWS, TRIGGER, Story

pytestmark = pytest.mark.usefixtures("unpaced")


@pytest.fixture
def ask(site: Site, context: BrowserContext, tab: Page) -> Callable[[str], None]:
    """Asks on the page, as a person who may look and no more, and waits for the answer."""
    log_in(context, site, "VIEWER")

    def ask(opportunity_id: str) -> None:
        tab.goto(f"{site.url}why")
        tab.get_by_label("The candidate's page in Lever, or an id").fill(
            f"https://hire.lever.co/candidates/{opportunity_id}"
        )
        # By the keyboard alone.
        tab.keyboard.press("Enter")
        expect(tab.get_by_role("heading", name="What would be done")).to_be_visible(timeout=60_000)

    return ask


@pytest.mark.parametrize("row", ROWS)
def test_each_row(ask: Callable[[str], None], tab: Page, story: Story, row: int) -> None:
    setting, sentence = ROWS[row]
    ask(setting(story))
    expect(tab.locator("main")).to_contain_text(f"Row {row} holds")
    table = tab.locator("table").first.locator("tbody tr")
    assert table.nth(row - 1).locator("td").last.inner_text().startswith(sentence.replace("`", ""))
    assert [table.nth(above).locator("td").nth(1).inner_text() for above in range(row - 1)] == ["no"] * (row - 1)


def test_row_11_if_a_person_names_it(ask: Callable[[str], None], tab: Page, story: Story) -> None:
    ask(story.apply(stage=ELSEWHERE))
    expect(tab.locator("main")).to_contain_text("Row 11 holds, manual: A person names it in a manual run.")


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        (lambda story: story.apply(emails=[]), "The candidate has no e-mail address."),
        (lambda story: story.apply(emails=["ada"]), "None of the candidate's e-mail addresses"),
        (
            lambda story: story.recruiter.add_lead(NAME, ["ada@candidates.example.com"], stage=TRIGGER),
            "not on a posting",
        ),
        (Story.expired, "Alva refused the candidate."),
    ],
    ids=["missing_email", "invalid_email", "no_posting", "refused_by_alva"],
)
def test_each_failure(
    ask: Callable[[str], None], tab: Page, story: Story, setting: Callable[[Story], str], wrong: str
) -> None:
    ask(setting(story))
    expect(tab.locator("main")).to_contain_text(wrong)


def test_a_bounce(ask: Callable[[str], None], tab: Page, story: Story, results: Runner) -> None:
    ask(story.bounced(results))
    expect(tab.locator("main")).to_contain_text("The invitation e-mail could not be delivered.")


def test_a_leftover(ask: Callable[[str], None], tab: Page, story: Story) -> None:
    ada = story.apply()
    story.sandbox.faults.add("lever", "POST", f"/opportunities/{ada}/addTags", status=400, times=None)
    assert story.hourly.manual(opportunity_ids=[ada]).counts == {"leftover": 1}
    story.sandbox.faults.clear()
    ask(ada)
    expect(tab.locator("main")).to_contain_text("The next scheduled run tries it again.")
