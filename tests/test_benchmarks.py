from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import peers, table
from benchmarks.listers import LISTERS
from benchmarks.office import forget, office
from include.sandbox import Sandbox


def test_help_names_the_parts_and_measures_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        benchmarks.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert [name for name in benchmarks.PARTS if f"  {name} " not in said] == []


@pytest.mark.parametrize("wrong", ["memory", "--all"])
def test_an_unknown_part_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        benchmarks.main(["listing", wrong])
    assert ended.value.code == 2
    assert wrong in capsys.readouterr().err


def test_the_named_parts_are_run_or_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    for name in benchmarks.PARTS:
        module = importlib.import_module(f"benchmarks.{name}")
        monkeypatch.setattr(module, "run", lambda name=name: ran.append(name))
    benchmarks.main(["results", "listing"])
    assert ran == ["results", "listing"]
    benchmarks.main([])
    assert ran[2:] == list(benchmarks.PARTS)


def test_the_table_has_rows_of_every_part() -> None:
    text = table.README.read_text("utf-8")
    where, parts = table.read(text)
    assert where.startswith("Measured with ")
    assert parts.keys() <= benchmarks.PARTS.keys()
    assert [name for name in benchmarks.PARTS if f"\n| {name} | " not in text] == []


class TestTable:
    TEXT = "before\n<!-- written by make bench -->\n<!-- end of what make bench writes -->\nafter\n"
    ORDER = ["listing", "peers"]

    def test_a_part_replaces_its_own_rows_alone(self) -> None:
        text = table.written(self.TEXT, {"peers": [("one", "1"), ("two", "2")]}, self.ORDER, "Here.")
        assert "| listing | all | not measured" in text
        text = table.written(text, {"listing": [("all", "a|b")]}, self.ORDER, "Here.")
        text = table.written(text, {"peers": [("one", "3")]}, self.ORDER, "Here.")
        assert table.read(text) == ("Here.", {"listing": [("all", "a/b")], "peers": [("one", "3")]})
        assert text.startswith("before\n")
        assert text.endswith("-->\nafter\n")

    def test_figures_of_another_machine_leave(self) -> None:
        text = table.written(self.TEXT, {"peers": [("one", "1")]}, self.ORDER, "There.")
        text = table.written(text, {"listing": [("all", "2")]}, self.ORDER, "Here.")
        assert table.read(text) == ("Here.", {"listing": [("all", "2")]})


def test_a_part_writes_its_rows_when_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(TestTable.TEXT)
    monkeypatch.setattr(table, "README", readme)
    monkeypatch.setattr(importlib.import_module("benchmarks.listing"), "run", lambda: [("all", "2")])
    benchmarks.main(["listing"])
    assert readme.read_text() == TestTable.TEXT
    benchmarks.main(["listing", "--write"])
    assert table.read(readme.read_text()) == (table.machine(), {"listing": [("all", "2")]})


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with office(250) as (url, _):
        yield url


class TestPeers:
    @pytest.mark.parametrize("name", [name for name in LISTERS if name != "HttpOperator"])
    def test_each_lister_delivers_every_opportunity(self, url: str, name: str) -> None:
        if name in peers.missing():
            pytest.skip(f"{name} isn't installed in .bench: make .bench/installed")
        forget(url)
        listed = peers.listed(name, url, Sandbox.LEVER_KEY)
        assert (len(listed.ids), listed.rows, listed.named, listed.error) == (250, 250, 0, None)
        assert listed.requests >= 3
        assert listed.peak_mib >= listed.start_mib > 1

    def test_an_unreadable_row_is_told_apart(self) -> None:
        """By ours with its id; a peer that doesn't look gives it on as if it were good."""
        with office(450) as (url, _):
            peers.spoil(url, Sandbox.LEVER_KEY, "row")
            ours = peers.listed("ours", url, Sandbox.LEVER_KEY)
            operator = peers.listed("HttpOperator", url, Sandbox.LEVER_KEY)
        assert (len(ours.ids), ours.named, ours.taken_as_good) == (449, 1, 0)
        assert (len(operator.ids), operator.named, operator.taken_as_good) == (450, 0, 1)

    def test_a_peer_that_is_not_installed_is_named(self, tmp_path: Path) -> None:
        assert peers.missing(tmp_path / "python") == ["tap-lever", "dlt rest_api"]
