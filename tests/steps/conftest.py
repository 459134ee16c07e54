from __future__ import annotations

import pytest

from tests.steps.office import Office


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    return Office(monkeypatch)
