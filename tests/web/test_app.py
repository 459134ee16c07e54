"""The app from the start of Airflow's server to its end."""

from __future__ import annotations

import gc

from airflow.api_fastapi.app import create_app
from fastapi.testclient import TestClient


def test_garbage_collection_leaves_alone_what_the_server_has_loaded() -> None:
    gc.unfreeze()
    try:
        with TestClient(create_app()) as server:
            assert server.get("/alva-lever/nowhere").status_code == 404
            assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()
