"""How a recording becomes a world: on a small recording made here and, if there is one, on a real one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include.sandbox import Sandbox
from tests.sandbox.conftest import Client

RECORDED = Path(os.environ.get("SANDBOX_RECORDED") or Path(__file__).parents[2] / "../shared/recorded")


def exchange(path: str, data: object) -> list[dict[str, Any]]:
    request = {"method": "GET", "path": f"/v1{path}", "params": {}}
    return [{"request": request, "status": 200, "response": {"data": data, "hasNext": False}}]


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox, client_of: Callable[[str], Client], posting: str) -> Path:
    """A recording of the sandbox's own answers: three applicants and a lead."""
    recruiter = sandbox.recruiter
    recruiter.add_posting("Secret", confidential=True)
    other = recruiter.add_posting("Designer")
    for name, job in (("A", posting), ("B", other), ("C", posting)):
        recruiter.apply(job, name, at_ms=1000)
    recruiter.add_lead("D")
    client = client_of(sandbox.add_lever_key("all", confidential=True))
    paths = ["/opportunities", "/postings", "/users", "/archive_reasons", "/disposition_stages", "/webhooks"]
    for path in paths:
        params = {"confidentiality": "all"} if path in ("/opportunities", "/postings") else {}
        rows = client.get(path, **params)["data"]
        if path == "/opportunities":
            for row in rows:
                row["tags"] = [tag for tag in row["tags"] if tag != "Designer"]
        (tmp_path / f"{path.strip('/')}.json").write_text(json.dumps(exchange(path, rows)))
    return tmp_path


def test_a_recording_is_answered_unchanged(sandbox: Sandbox, lever: Client, folder: Path) -> None:
    wanted = {
        path: json.loads((folder / f"{path}.json").read_text())[0]["response"]["data"]
        for path in ("users", "opportunities")
    }
    sandbox.load_recorded(folder)
    assert lever.get("/users")["data"] == wanted["users"]
    assert lever.get("/opportunities")["data"] == wanted["opportunities"]


def test_an_application_gets_the_posting_whose_title_is_a_tag_or_the_next_one(
    sandbox: Sandbox, lever: Client, folder: Path, posting: str
) -> None:
    sandbox.load_recorded(folder)
    titles = {row["id"]: row["text"] for row in lever.get("/postings")["data"]}
    rows = lever.get("/opportunities", expand="applications")["data"]
    tagged = [row for row in rows if "Data Engineer" in row["tags"]]
    assert {titles[row["applications"][0]["posting"]] for row in tagged} == {"Data Engineer"}
    (other,) = [row for row in rows if row["applications"] and row not in tagged]
    first_open = next(uid for uid, title in titles.items() if title != "Secret")
    assert other["applications"][0]["posting"] == first_open


def test_a_folder_without_a_listing_is_refused(sandbox: Sandbox, folder: Path) -> None:
    (folder / "archive_reasons.json").unlink()
    with pytest.raises(ValueError, match="/archive_reasons"):
        sandbox.load_recorded(folder)


@pytest.fixture
def recorded(sandbox: Sandbox) -> list[dict[str, Any]]:
    if not RECORDED.is_dir():
        pytest.skip("no folder with real recorded traffic: name one in SANDBOX_RECORDED to compare with it")
    sandbox.load_recorded(RECORDED)
    return [exchange for file in sorted(RECORDED.glob("*.json")) for exchange in json.loads(file.read_text("utf-8"))]


def test_real_recorded_pages_are_answered_exactly(recorded: list[dict[str, Any]], lever: Client) -> None:
    assert len(recorded) > 10
    for exchange in recorded:
        path = exchange["request"]["path"].removeprefix("/v1")
        answer, expected = lever.get(path, **(exchange["request"]["params"] or {})), exchange["response"]
        if path == "/disposition_stages":  # its reasons come in no known order
            for side in (answer, expected):
                side["data"]["archiveReasons"].sort(key=lambda reason: reason["id"])
        assert (answer == expected) is True, f"the answer of {path} differs from the recorded one"


def test_a_walk_over_the_real_recording_gives_each_opportunity_once(
    recorded: list[dict[str, Any]], lever: Client
) -> None:
    expected = [
        row["id"]
        for exchange in recorded
        if exchange["request"]["path"] == "/v1/opportunities"
        for row in exchange["response"]["data"]
    ]
    assert lever.listed("/opportunities", limit=37) == expected
    applications = [row["applications"] for row in lever.walk("/opportunities", expand="applications")]
    postings = {row["id"] for row in lever.walk("/postings")}
    assert {application["posting"] for held in applications for application in held} <= postings
