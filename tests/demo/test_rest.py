from __future__ import annotations

import pytest

from include.demo.ports import free_port
from include.demo.processes import ComponentDied, DemoError
from include.demo.rest import AirflowApi


def test_others_are_looked_after_while_a_call_waits_for_its_next_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.demo.rest.time.sleep", lambda seconds: None)
    looks: list[int] = []
    api = AirflowApi(f"http://127.0.0.1:{free_port(0, other_than=0)}", lambda: looks.append(1))
    with pytest.raises(DemoError, match="Airflow did not do GET /api/v2/dags"):
        api.dags()
    assert len(looks) == 2 * (1 + 2 + 3 + 4 + 5)


def test_a_component_that_died_is_named_instead_of_the_call_that_failed() -> None:
    def check() -> None:
        raise ComponentDied("api-server ended with status 1.")

    api = AirflowApi(f"http://127.0.0.1:{free_port(0, other_than=0)}", check)
    with pytest.raises(ComponentDied, match="api-server ended"):
        api.dags()
