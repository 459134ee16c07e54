from __future__ import annotations

import importlib

import pytest

from benchmarks import __main__ as benchmarks


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
