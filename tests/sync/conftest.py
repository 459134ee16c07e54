from __future__ import annotations

import pytest

from alva_lever.settings import Options
from tests.sync.office import FURTHER, TRIGGER, Office


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(monkeypatch)


@pytest.fixture
def ada(office: Office) -> str:
    """Somebody who was invited, with a tag of a person's, where a progression stage is set."""
    office.options = Options(trigger_stage=TRIGGER, progression_stage=FURTHER)
    ada = office.apply(tags=["vip", "Alva: Send Test"])
    office.run(ada)
    office.later(60)
    office.forget()
    return ada
