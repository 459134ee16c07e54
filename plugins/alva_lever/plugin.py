"""Tells Airflow of the webhooks and the page. Imports little, since every task process loads this module without using
it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from airflow.plugins_manager import AirflowPlugin

log = logging.getLogger(__name__)

# Airflow's UI adds the path that it is served under, so links begin without a slash.
_PAGE = "alva-lever/"


class _Lazy:
    """A list that is made on first use: only the API server uses it."""

    def __init__(self, make: Callable[[], list[Any]]) -> None:
        self._make = make
        self._made: list[Any] | None = None

    def __get__(self, instance: object, owner: type | None = None) -> list[Any]:
        if self._made is None:
            try:
                self._made = self._make()
            except ValueError as error:
                # A bad option must not stop Airflow's API server. The DAGs' import errors say the same.
                log.error("Alva and Lever are not served: %s", error)
                self._made = []
        return self._made


def _apps() -> list[Any]:
    from alva_lever.account import URL_PREFIX
    from alva_lever.web.app import build_app

    return [{"app": build_app(), "url_prefix": URL_PREFIX, "name": "Alva and Lever"}]


def _links() -> list[Any]:
    from alva_lever.operators.links import RunLink

    return [RunLink()]


class AlvaLeverPlugin(AirflowPlugin):
    """Airflow's plugin; what it serves is in `alva_lever.web`."""

    name = "alva_lever"
    fastapi_apps = _Lazy(_apps)  # reads as a list
    operator_extra_links = _Lazy(_links)  # likewise
    external_views = [
        # Without `url_route`, a link to a page of its own: from an iframe, no OAuth provider could be reached. In a
        # menu, since Airflow 3.3.2 makes a button that does nothing of such a link on the bar itself.
        {"name": "Alva and Lever", "href": _PAGE, "destination": "nav", "category": "browse"},
        # A tab of every run.
        {
            "name": "What happened",
            "href": f"{_PAGE}run?dag_id={{DAG_ID}}&run_id={{RUN_ID}}&panel=1",
            "destination": "dag_run",
            "url_route": "alva-lever-run",
        },
    ]
