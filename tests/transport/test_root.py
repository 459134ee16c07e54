from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from alva_lever.transport.errors import NotFound, SetupError
from alva_lever.transport.root import api_root, path


def root(host: str | None, **fields: Any) -> str:
    connection = SimpleNamespace(**{"conn_id": "lever_default", "host": host, "schema": None, "port": None, **fields})
    return api_root(connection, vendor="Lever", example="https://api.lever.co/v1")


@pytest.mark.parametrize(
    ("host", "fields", "expected"),
    [
        ("https://api.lever.co/v1", {}, "https://api.lever.co/v1"),
        ("https://api.lever.co/v1/", {}, "https://api.lever.co/v1"),
        (" https://api.lever.co/v1 ", {}, "https://api.lever.co/v1"),
        ("api.lever.co/v1", {}, "https://api.lever.co/v1"),
        ("api.lever.co/v1", {"schema": "https"}, "https://api.lever.co/v1"),
        ("api.lever.co/v1", {"schema": "public"}, "https://api.lever.co/v1"),
        ("api.lever.co/v1", {"port": 8443}, "https://api.lever.co:8443/v1"),
        ("https://api.lever.co:8443/v1", {}, "https://api.lever.co:8443/v1"),
        ("localhost:8080/lever/v1", {"schema": "http"}, "http://localhost:8080/lever/v1"),
        ("http://127.0.0.1:8080", {}, "http://127.0.0.1:8080"),
        ("http://127.3.2.1", {"port": 80}, "http://127.3.2.1:80"),
        ("http://[::1]:8080/v1", {}, "http://[::1]:8080/v1"),
        ("HTTP://LOCALHOST/v1", {}, "http://localhost/v1"),
    ],
)
def test_the_root_is_read_from_the_connection(host: str, fields: dict[str, Any], expected: str) -> None:
    assert root(host, **fields) == expected


@pytest.mark.parametrize(
    "host",
    [
        "http://api.lever.co/v1",
        "http://127.0.0.1.evil.test/v1",
        "http://localhost.evil.test",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://128.0.0.1",
    ],
)
def test_http_is_refused_except_for_this_machine(host: str) -> None:
    with pytest.raises(SetupError, match="in the clear"):
        root(host)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "  ",
        "https://",
        "ftp://api.lever.co",
        "https://api.lever.co/v1?x=1",
        "https://api.lever.co/#a",
        "https://x:y/",
    ],
)
def test_what_is_no_root_is_refused_with_what_would_be_one(host: str | None) -> None:
    with pytest.raises(SetupError) as error:
        root(host)
    assert "`lever_default`" in str(error.value)
    assert "https://api.lever.co/v1" in str(error.value)


def test_a_key_that_was_put_into_the_host_is_refused_and_not_shown() -> None:
    with pytest.raises(SetupError) as error:
        root("https://s3cretkey@api.lever.co/v1")
    assert "s3cretkey" not in str(error.value)


def test_segments_of_a_path_are_encoded() -> None:
    assert path("Lever", "opportunities", "a/b?c#d%e") == "/opportunities/a%2Fb%3Fc%23d%25e"


@pytest.mark.parametrize("segment", ["", ".", "..", "ada@example.com", "Ada Byron", "a\nb", "a\x00b", "x" * 201])
def test_what_can_be_no_id_is_not_found_without_being_shown(segment: str) -> None:
    with pytest.raises(NotFound) as error:
        path("Lever", "opportunities", segment, "notes")
    assert error.value.status == 404
    assert error.value.path == "/opportunities/(not an id)/notes"
    assert "ada" not in str(error.value).lower()
