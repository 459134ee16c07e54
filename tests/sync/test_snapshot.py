"""Snapshots of several opportunities are read at the same time, and each part of one is read once."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from alva_lever.rules.model import Note
from alva_lever.sync.snapshot import Snapshot, Snapshots
from tests.sync.office import Office


class Together(BaseAdapter):
    """Sends a request for notes only when another one is waiting to be sent."""

    def __init__(self, real: BaseAdapter) -> None:
        super().__init__()
        self._real = real
        self._both = threading.Barrier(2, timeout=30)

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        if request.path_url.partition("?")[0].endswith("/notes"):
            self._both.wait()
        return self._real.send(request, *args, **options)

    def close(self) -> None:
        self._real.close()


def snapshots_of(office: Office, *opportunity_ids: str) -> list[Snapshot]:
    snapshots = Snapshots(office.lever(), office.alva(), office.settings, lambda its_id, tags: None)
    return [snapshots.of(one) for one in opportunity_ids]


def test_two_threads_read_two_opportunities_at_the_same_time(office: Office) -> None:
    ids = office.applied(2)
    office.adapter = Together(office.sandbox.adapter())
    found: list[list[Note]] = []

    def read(snapshot: Snapshot) -> None:
        found.append(snapshot.notes)

    threads = [threading.Thread(target=partial(read, snapshot)) for snapshot in snapshots_of(office, *ids)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[], []]


def test_each_part_is_read_once(office: Office) -> None:
    ada = office.apply()
    (snapshot,) = snapshots_of(office, ada)
    office.forget()
    for _ in range(3):
        assert (snapshot.opportunity is not None, snapshot.posting is not None, snapshot.notes) == (True, True, [])
    assert len(office.arrived("lever")) == 3
