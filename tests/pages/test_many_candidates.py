"""With 50,000 candidates the page asks Lever for no more than a page at a time."""

from __future__ import annotations

from tests.dags.runner import Runner
from tests.pages.conftest import Site

CANDIDATES = 50_000
# Besides a page of the listing, the account's stages or its postings, which take two calls.
MOST_CALLS = {"": 0, "candidates?state=sent": 2, "standing": 3, "why": 0, "set-up": 0, "set-up?check=everything": 12}


def test_each_part_asks_for_one_page(site: Site, hourly: Runner) -> None:
    site.sandbox.seed(7, CANDIDATES)
    for path, most in MOST_CALLS.items():
        site.sandbox.journal.clear()
        answer = site.get(path)
        calls = site.sandbox.journal.of("lever", None, None)
        assert (path, answer.status_code, len(calls) <= most) == (path, 200, True)
        # The check reads one row for each of two permissions.
        assert len([call for call in calls if call.path == "/opportunities"]) <= (2 if "check" in path else 1)
        assert len(answer.content) < 100_000
