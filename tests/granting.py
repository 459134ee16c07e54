"""Plays the person who grants access on the sandbox's stand-in for Lever's sign-in."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import requests


def answered(session: requests.Session, authorize_url: str, answer: str = "allow") -> str:
    """Presses Allow or Deny, and returns where Lever then sends the person."""
    url = urlsplit(authorize_url)
    page = session.get(authorize_url, timeout=60)
    assert page.status_code == 200, page.text
    form = {**dict(parse_qsl(url.query)), "answer": answer}
    reply = session.post(f"{url.scheme}://{url.netloc}{url.path}", data=form, allow_redirects=False, timeout=60)
    assert reply.status_code == 303, reply.text
    return reply.headers["location"]


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))
