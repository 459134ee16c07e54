"""A real browser: Debian's Chromium, without a window."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.pages.conftest import (
    airflow_app,
    api_server,
    hourly,
    nightly,
    posting,
    results,
    sandbox,
    served,
    settings,
    site,
    story,
    unpaced,
)  # fmt: skip

# The page and its people, for the tests that need no scheduler.
__all__ = [
    "airflow_app",
    "api_server", "hourly", "nightly", "posting", "results", "sandbox", "served", "settings", "site", "story",
    "unpaced",
]  # fmt: skip
_NAMES = ("chromium", "chromium-browser", "google-chrome")
# It runs as root in containers, and looks for nothing on other hosts.
_FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


PATIENCE_MS = 240_000  # the machine may be busy with other work
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")  # no longer, because its event loop is in the way of tests that have their own
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        # Where the tests of the page must run, a missing browser is a failure.
        said = "Chromium isn't installed: apt-get install chromium"
        pytest.fail(said) if os.environ.get("BROWSER_TESTS") == "required" else pytest.skip(said)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    return context.new_page()
