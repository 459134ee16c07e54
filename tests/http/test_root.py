from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from alva_lever.http.errors import NotFound, SetupError
from alva_lever.http.session import api_root, path, shown

FIELDS = {"conn_id": "lever_default", "conn_type": None, "schema": None, "port": None}


def root(host: str | None, **fields: Any) -> str:
    connection = SimpleNamespace(**{**FIELDS, "host": host, **fields})
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
        # Airflow puts the path of a URI into the schema.
        ("api.lever.co", {"conn_type": "https", "schema": "v1"}, "https://api.lever.co/v1"),
        ("api.lever.co", {"conn_type": "lever", "schema": "lever/v1/"}, "https://api.lever.co/lever/v1"),
        ("https://api.lever.co", {"conn_type": "lever", "schema": "v1"}, "https://api.lever.co/v1"),
        ("https://api.lever.co/v1", {"conn_type": "http", "schema": "v2"}, "https://api.lever.co/v1"),
        ("127.0.0.1", {"conn_type": "http", "schema": "v1", "port": 81}, "http://127.0.0.1:81/v1"),
        ("::1", {"conn_type": "http", "schema": "v1", "port": 81}, "http://[::1]:81/v1"),
        # Airflow's connection type HTTP decides the scheme only for this machine.
        ("127.0.0.1", {"conn_type": "http", "port": 81}, "http://127.0.0.1:81"),
        ("localhost:81/v1", {"conn_type": "HTTP"}, "http://localhost:81/v1"),
        ("127.0.0.1", {"conn_type": "https", "port": 81}, "https://127.0.0.1:81"),
        ("api.lever.co/v1", {"conn_type": "http"}, "https://api.lever.co/v1"),
        # Airflow's Test button sends 0 for an empty port field.
        ("https://api.lever.co/v1", {"port": 0}, "https://api.lever.co/v1"),
        ("https://api.lever.co:0/v1", {"port": 0}, "https://api.lever.co/v1"),
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


@pytest.mark.parametrize("schema", ["v1", "http"])
def test_http_is_refused_if_the_type_or_the_schema_asks_for_it(schema: str) -> None:
    with pytest.raises(SetupError, match=r"in the clear: put https://api\.lever\.co"):
        root("api.lever.co", conn_type="http", schema=schema)


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
        "api.lever.co /v1",
        "https://api.lever.co/v1/ada@example.com",
    ],
)
def test_an_invalid_root_is_refused_with_an_example(host: str | None) -> None:
    with pytest.raises(SetupError) as error:
        root(host)
    assert "`lever_default`" in str(error.value)
    assert "https://api.lever.co/v1" in str(error.value)


def test_a_key_in_the_host_is_refused_and_not_shown() -> None:
    with pytest.raises(SetupError) as error:
        root("https://s3cretkey@api.lever.co/v1")
    assert "s3cretkey" not in str(error.value)


@pytest.mark.parametrize("schema", ["Y@api.lever.co/v1", "v1?x=1", "v1#a", "v 1"])
def test_a_schema_that_is_not_a_path_is_refused_and_not_shown(schema: str) -> None:
    with pytest.raises(SetupError, match="not the root of an API") as error:
        root("api.lever.co", schema=schema)
    assert schema not in str(error.value)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (("https", "api.lever.co", 443), "https://api.lever.co:443"),
        (("http", "::1", 80), "http://[::1]:80"),
        (("https", "ada byron", 443), "another host"),
        (("https", "ada%40example.com", 443), "another host"),
        (("https", "x" * 300, 443), "another host"),
        (("https", "adá.example.com", 443), "another host"),
        (("mailto", "example.com", None), "another host"),
        (("https", "", 443), "another host"),
    ],
)
def test_only_a_valid_host_is_shown(place: tuple[str, str, int | None], text: str) -> None:
    assert shown(place) == text


def test_path_segments_are_encoded() -> None:
    assert path("Alva", "candidates", "kim:48213~a_b.c-d") == "/candidates/kim%3A48213~a_b.c-d"


@pytest.mark.parametrize(
    "segment", ["", ".", "..", "ada@example.com", "Ada Byron", "a\nb", "a\x00b", "a/b?c#d", "x" * 101]
)
def test_an_invalid_id_is_not_found_and_not_shown(segment: str) -> None:
    with pytest.raises(NotFound) as error:
        path("Lever", "opportunities", segment, "notes")
    assert error.value.status == 404
    assert error.value.path == "/opportunities/(not an id)/notes"
    assert "ada" not in str(error.value).lower()
