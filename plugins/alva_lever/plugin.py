"""Registers the webhooks with Airflow. Light: every task process imports this module, and needs nothing of it."""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


class _Lazy:
    """The web application, made when somebody asks for it: the API server alone does."""

    def __init__(self) -> None:
        self._apps: list[dict[str, Any]] = []

    def __get__(self, instance: object, owner: type | None = None) -> list[dict[str, Any]]:
        if not self._apps:
            from alva_lever.account import URL_PREFIX
            from alva_lever.web.app import build_app

            self._apps.append({"app": build_app(), "url_prefix": URL_PREFIX, "name": "Alva and Lever"})
        return self._apps


class AlvaLeverPlugin(AirflowPlugin):
    """Everything it serves is in `alva_lever.web`."""

    name = "alva_lever"
    fastapi_apps = _Lazy()  # a list when it is read
