"""Reads what a page says."""

from __future__ import annotations

import re
from html import unescape

import requests


def said(answer: requests.Response) -> str:
    """Returns the text of a page or of a part of one, without Airflow's links above it and with one blank between
    words."""
    _, main, inside = answer.text.partition("<main")
    return _text(inside.partition(">")[2] if main else answer.text)


def table(html: str) -> list[list[str]]:
    """Returns the texts of the cells of each row, headings left out."""
    rows = re.findall(r"<tr>(.*?)</tr>", html.partition("<tbody>")[2], re.DOTALL)
    return [[_text(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)] for row in rows]


def _text(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", html).split()))
