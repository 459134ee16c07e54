"""Registers the webhooks with Airflow. Imports little, since every task process loads this module without using it."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class _Lazy:
    """The web application, built on first use: only the API server uses it."""

    def __init__(self) -> None:
        self._apps: list[dict[str, Any]] = []

    def __get__(self, instance: object, owner: type | None = None) -> list[dict[str, Any]]:
        if not self._apps:
            from alva_lever.account import URL_PREFIX
            from alva_lever.web.app import build_app

            self._apps.append({"app": build_app(), "url_prefix": URL_PREFIX, "name": "Alva and Lever"})
        return self._apps


class AlvaLeverPlugin(AirflowPlugin):
    """Airflow's plugin; what it serves is in `alva_lever.web`."""

    name = "alva_lever"
    fastapi_apps = _Lazy()  # reads as a list
