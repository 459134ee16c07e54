from __future__ import annotations

import pytest

from alva_lever.settings import Options
from tests.sync.office import FURTHER, TRIGGER, Office


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(monkeypatch)


@pytest.fixture
def ada(office: Office) -> str:
    """An invited candidate with a tag set by a person. The options have a progression stage."""
    office.options = Options(trigger_stage=TRIGGER, progression_stage=FURTHER)
    ada = office.apply(tags=["vip", "Alva: Send Test"])
    office.run(ada)
    office.later(60)
    office.forget()
    return ada
