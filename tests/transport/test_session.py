from __future__ import annotations

from typing import Any

import pytest

from alva_lever.transport.errors import SetupError
from alva_lever.transport.session import Extras, read_extras, usable_key


def extras(extra: Any) -> Extras:
    return read_extras(extra, conn_id="lever_default", vendor="Lever")


def test_without_extras_there_are_time_outs_and_certificates_are_verified() -> None:
    assert extras({}) == Extras(None, (5.0, 30.0), True, {}, None, None)


@pytest.mark.parametrize("extra", [None, [], "text", 3])
def test_an_extra_that_is_no_object_says_nothing(extra: Any) -> None:
    assert extras(extra) == extras({})


def test_known_fields_are_read_under_the_names_of_the_http_hook() -> None:
    assert extras({"timeout": 7}).timeout == (7.0, 7.0)
    assert extras({"timeout": [1, 2.5]}).timeout == (1.0, 2.5)
    assert extras({"calls_per_second": "4.5"}).calls_per_second == 4.5
    assert extras({"verify": "/bundle.pem"}).verify == "/bundle.pem"
    assert extras({"verify_ssl": False}).verify is False
    assert extras({"proxy": {"https": "http://p:1"}}).proxies == {"https": "http://p:1"}
    assert extras({"cert": ["c", "k"]}).cert == ("c", "k")
    assert extras({"trust_env": False}).trust_env is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0),
        ("timeout", "s3cret"),
        ("timeout", [1]),
        ("timeout", True),
        ("calls_per_second", 0),
        ("calls_per_second", -1),
        ("calls_per_second", "inf"),
        ("calls_per_second", "nan"),
        ("calls_per_second", {"a": 1}),
        ("verify", 3),
        ("proxies", "http://p:1"),
        ("cert", 3),
        ("trust_env", "no"),
    ],
)
def test_a_known_field_that_cannot_be_used_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(SetupError, match=f"`{name}` of connection `lever_default`") as error:
        extras({name: value})
    assert "s3cret" not in str(error.value)


def key(value: str | None) -> str:
    return usable_key(value, missing="no key", vendor="Lever", conn_id="lever_default")


def test_white_space_around_a_key_is_the_pasting_of_it() -> None:
    assert key(" abc123\n") == "abc123"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_no_key_is_said_so(value: str | None) -> None:
    with pytest.raises(SetupError, match="no key"):
        key(value)


@pytest.mark.parametrize("value", ["abc def", "abc\ndef", "abc\u2019def", "abc\x00"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(SetupError, match="paste it again") as error:
        key(value)
    assert "abc" not in str(error.value)


def test_a_key_is_masked_in_what_airflow_logs_from_then_on() -> None:
    from airflow.sdk._shared.secrets_masker import redact

    usable_key("a-key-of-levers", missing="none", vendor="Lever", conn_id="lever_default")
    assert redact("GET with a-key-of-levers") == "GET with ***"
