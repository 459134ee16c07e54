"""Where the code and the contract disagree: each test says what the contract asks for, and fails."""

from __future__ import annotations

import pytest

from alva_lever.rules.window import Window
from tests.steps.office import HOUR_MS, NOW_MS, Office

LAST_HOUR = Window(NOW_MS - HOUR_MS, NOW_MS)


@pytest.mark.parametrize("emails", [[], ["nonsense"]], ids=["missing", "invalid"])
def test_whoever_is_new_and_fails_brings_the_posting_up_to_date_at_once(office: Office, emails: list[str]) -> None:
    """Section 7: 'when a candidate of theirs arrives'; section 8: 'safe to run twice'. The first run makes no job
    position, since the invitation fails; the second, for which this is somebody new who waits, makes it."""
    ada = office.apply(emails=emails, at_ms=NOW_MS - 1)
    office.poll(LAST_HOUR)
    assert [row.facts.external_id for row in office.positions()] == [office.posting]
    office.forget()
    assert office.poll(LAST_HOUR) == {"awaiting_retry": 1}
    assert office.asked() == []
    assert office.sent(ada) == 0
