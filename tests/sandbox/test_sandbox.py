from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from include.sandbox import Clock, Sandbox
from tests.sandbox.conftest import Client


def test_http_and_in_process_clients_see_the_same_world(sandbox: Sandbox, lever: Client, opportunity: str) -> None:
    with sandbox.serve() as base:
        url = f"{base}/lever/v1/opportunities/{opportunity}"
        requests.post(f"{url}/addTags", json={"tags": ["by socket"]}, auth=(sandbox.LEVER_KEY, ""), timeout=5)
        lever.post(f"/opportunities/{opportunity}/addTags", {"tags": ["in process"]})
        shown = requests.get(url, auth=(sandbox.LEVER_KEY, ""), timeout=5).json()
    assert shown == lever.get(f"/opportunities/{opportunity}")
    assert shown["data"]["tags"][-2:] == ["by socket", "in process"]


def test_an_http_connection_is_recorded_by_its_port_and_kept_open(sandbox: Sandbox) -> None:
    with sandbox.serve() as base, requests.Session() as session:
        for _ in range(3):
            session.get(f"{base}/lever/v1/stages", auth=(sandbox.LEVER_KEY, ""), timeout=5)
    assert len({arrived.connection for arrived in sandbox.journal.all()}) == 1
    assert None not in {arrived.connection for arrived in sandbox.journal.all()}


def test_a_request_under_way_is_answered_before_the_server_ends(sandbox: Sandbox) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        asked.set()
        go_on.wait(60)

    sandbox.faults.add("lever", "GET", "/stages", kind="call", action=hold)
    with ThreadPoolExecutor(1) as pool, sandbox.serve() as base:
        asking = pool.submit(requests.get, f"{base}/lever/v1/stages", auth=(sandbox.LEVER_KEY, ""), timeout=60)
        assert asked.wait(60)
        threading.Timer(0.3, go_on.set).start()
    assert asking.result().status_code == 200


def test_an_in_process_answer_is_a_complete_response(lever: Client) -> None:
    response = lever.call("GET", "/stages")
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.reason == "OK"
    assert b"".join(response.iter_content(64)) == response.content
    assert response.request.url == response.url


def test_a_streamed_in_process_answer_can_be_read_in_parts(sandbox: Sandbox) -> None:
    session = requests.Session()
    session.mount("http://", sandbox.adapter())
    with session.get(sandbox.lever_root + "/stages", auth=(sandbox.LEVER_KEY, ""), stream=True) as response:
        assert len(list(response.iter_content(10))) > 1


def test_an_adapter_still_works_after_its_session_was_closed(sandbox: Sandbox) -> None:
    adapter = sandbox.adapter()
    for _ in range(2):
        with requests.Session() as session:
            session.mount("http://", adapter)
            assert session.get(sandbox.lever_root + "/stages", auth=(sandbox.LEVER_KEY, "")).ok


def test_writes_of_several_threads_are_all_kept(
    sandbox: Sandbox, lever: Client, client_of: Callable[[str], Client], opportunity: str
) -> None:
    def write(number: int) -> None:
        client = client_of(sandbox.LEVER_KEY)
        for part in range(10):
            client.post(f"/opportunities/{opportunity}/addTags", {"tags": [f"{number}-{part}"]})
            sandbox.recruiter.tag(opportunity, f"r{number}-{part}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    tags = sandbox.look(opportunity)["tags"]
    assert len(tags) == len(set(tags)) == 5 + 160
    assert sorted(arrived.number for arrived in sandbox.journal.all()) == list(range(1, 81))


def test_a_server_stops_at_the_end_of_its_block(sandbox: Sandbox) -> None:
    with sandbox.serve() as base:
        assert any(thread.name == "sandbox-http" for thread in threading.enumerate())
    assert not any(thread.name == "sandbox-http" for thread in threading.enumerate())
    with pytest.raises(requests.ConnectionError):
        requests.get(base + "/control", timeout=1)


def test_reset_removes_candidates_faults_and_recorded_requests(
    sandbox: Sandbox, lever: Client, opportunity: str
) -> None:
    lever.get("/stages")
    sandbox.faults.add("lever", times=None)
    sandbox.reset()
    assert len(sandbox.journal) == 0
    assert lever.get("/opportunities")["data"] == []
    assert sandbox.count()["opportunities"] == 0


def test_reset_empties_alva_too(sandbox: Sandbox) -> None:
    position = sandbox.candidates.add_position("Data Engineer")
    sandbox.reset()
    with pytest.raises(Exception, match=r"position"):
        sandbox.candidates.expire_position(position)


def test_the_same_seed_makes_the_same_ids(clock: Clock) -> None:
    ids = [Sandbox(seed=5, clock=clock).recruiter.add_lead("Ada") for _ in range(2)]
    assert ids[0] == ids[1]
    assert Sandbox(seed=6, clock=clock).recruiter.add_lead("Ada") != ids[0]


def test_look_shows_a_candidate_in_both_services(sandbox: Sandbox, lever: Client, opportunity: str) -> None:
    note = lever.post(f"/opportunities/{opportunity}/notes", {"value": "Hello"})["data"]["id"]
    sandbox.recruiter.archive(opportunity, "Withdrew")
    seen = sandbox.look(opportunity)
    assert seen["stage"] == "New applicant"
    assert seen["archived"] == "Withdrew"
    assert seen["posting"] == "Data Engineer"
    assert seen["notes"] == [{"id": note, "author": None, "text": "Hello"}]
    assert seen["alva"]["present"] is False
