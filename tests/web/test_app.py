"""The app beside the rest of Airflow's server."""

from __future__ import annotations

import gc
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from alva_lever.web.app import leave_alone_what_is_loaded
from tests.web.conftest import Door, signed


@pytest.fixture
def unsettled() -> None:
    gc.unfreeze()
    leave_alone_what_is_loaded.cache_clear()


@pytest.mark.usefixtures("unsettled")
def test_with_the_first_burst_garbage_collection_leaves_alone_what_the_server_has_loaded(door: Door) -> None:
    assert door.send(signed()).status_code == 200
    assert gc.get_freeze_count() == 0
    with ThreadPoolExecutor(20) as people:
        moves = [signed(data={"opportunityId": str(uuid.uuid4())}) for _ in range(100)]
        assert {answer.status_code for answer in people.map(door.send, moves)} == {200}
    loaded = gc.get_freeze_count()
    assert loaded > 100_000
    with ThreadPoolExecutor(20) as people:
        moves = [signed(data={"opportunityId": str(uuid.uuid4())}) for _ in range(100)]
        assert {answer.status_code for answer in people.map(door.send, moves)} == {200}
    assert gc.get_freeze_count() <= loaded
