"""What the browser tests share: who is logged in, and what people could not see or use on a page."""

from __future__ import annotations

from typing import Literal

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, ViewportSize

from tests.pages.conftest import Site

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}


def log_in(context: BrowserContext, site: Site, role: str | None) -> None:
    """Logs a person with this role in, as Airflow's login does."""
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=f"{role}".lower(), role=role))
    context.add_cookies([{"name": "_token", "value": token, "url": site.url, "httpOnly": True, "sameSite": "Lax"}])


def policy_refusals(tab: Page) -> list[str]:
    """Returns a list that grows with what the page's security policy refuses from now on."""
    refused: list[str] = []
    tab.on(
        "console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None
    )
    return refused


def faults(tab: Page) -> list[str]:
    """Returns what people with a screen reader could not use, in light and dark, at a desk and on a phone; and what is
    wider than the screen."""
    found = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        for size in (DESK, PHONE):
            # Without movement: colours that still change would be measured half way.
            tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            tab.set_viewport_size(size)
            where = f"{tab.url.rpartition('/')[2] or './'}, {scheme}, {size['width']}"
            violations = Axe().run(tab).response["violations"]
            found += [
                f"{where}: {one['id']}: {node['html']}"
                for one in violations
                if one["impact"] in ("serious", "critical")
                for node in one["nodes"]
            ]
            if tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{where}: wider than the screen")
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(DESK)
    return found
