from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from requests.auth import AuthBase, HTTPBasicAuth

from alva_lever.http.errors import Advice
from alva_lever.http.exchange import VendorError, one_word
from alva_lever.http.hook import VendorHook
from tests.http.recording import RecordingServer, Time


class ShopHook(VendorHook):
    """A hook for a minimal made-up vendor."""

    conn_name_attr = "shop_conn_id"
    default_conn_name = "shop_default"
    conn_type = "shop"
    hook_name = "Shop"
    vendor = "Shop"
    example_root = "https://api.shop.test/v1"
    optional_listings = frozenset({"/offers"})

    def __init__(self, shop_conn_id: str = default_conn_name, **options: Any) -> None:
        super().__init__(shop_conn_id, **options)

    def _auth(self, connection: Any) -> AuthBase:
        return HTTPBasicAuth(connection.password or "", "")

    def _how_to_connect(self) -> str:
        return "Make one"

    def _error(self, body: object) -> VendorError:
        assert isinstance(body, dict)
        return VendorError(code=one_word(body.get("code")), message=body.get("message"))

    def _advice(self, status: int, method: str, path: str) -> Advice:
        return Advice("it refused")

    def check(self) -> str:
        self.call("GET", "/things")
        return "it works"


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, server: RecordingServer) -> Callable[..., None]:
    """Sets the connection to the server's root and a key, or to the fields passed."""

    def connect(**fields: Any) -> None:
        connection = {"conn_type": "http", "host": server.root, "password": "the-key", **fields}
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_DEFAULT", json.dumps(connection))

    connect()
    return connect


@pytest.fixture
def shop(connect: Callable[..., None], time: Time) -> ShopHook:
    return ShopHook(**time.arguments)
