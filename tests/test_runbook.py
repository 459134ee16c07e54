"""The README's runbook quotes what people see: each quotation stands in the code that says it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow._shared.observability.metrics import stats
from airflow.jobs import scheduler_job_runner

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "plugins" / "alva_lever"
README = (ROOT / "README.md").read_text("utf-8")
RUNBOOK = README.partition("\n## When it breaks\n")[2].partition("\n## ")[0]


def said(file: Path) -> Iterator[str]:
    """Yields the texts in a module, without what is put into them."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def quoted(pattern: str) -> list[str]:
    """Returns the parts of each quotation, in which `…` stands for a value."""
    found = (part.strip(" .:") for text in re.findall(pattern, RUNBOOK) for part in text.split("…"))
    return sorted({part for part in found if part})


@pytest.fixture(scope="module")
def texts() -> str:
    """All that the package and Airflow's scheduler and metrics say."""
    files = [*PACKAGE.rglob("*.py"), Path(scheduler_job_runner.__file__), Path(stats.__file__)]
    return "\n".join(text for file in files for text in said(file))


@pytest.mark.parametrize("sentence", [one for one in quoted("`([^`]+)`") if one.count(" ") > 1])
def test_a_log_line_is_one_that_is_written(texts: str, sentence: str) -> None:
    assert sentence in texts


@pytest.mark.parametrize("name", quoted(r"(?<!\*)\*([^*\n]+)\*(?!\*)"))
def test_a_part_of_the_page_has_this_name(texts: str, name: str) -> None:
    templates = "\n".join(file.read_text("utf-8") for file in (PACKAGE / "web" / "templates").glob("*.html"))
    assert name in templates or name in texts
