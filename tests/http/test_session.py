from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from alva_lever.http.errors import SetupError
from alva_lever.http.session import Extras, quieten_urllib3, read_extras, usable_key


def extras(extra: Any) -> Extras:
    return read_extras(extra, conn_id="lever_default", vendor="Lever")


def test_without_extras_there_are_timeouts_and_certificates_are_checked() -> None:
    assert extras({}) == Extras(None, (5.0, 30.0), True, {}, None, None)


@pytest.mark.parametrize("extra", [None, [], "text", 3])
def test_an_extra_that_is_not_an_object_is_ignored(extra: Any) -> None:
    assert extras(extra) == extras({})


def test_extras_have_the_names_of_the_http_hook() -> None:
    assert extras({"timeout": 7}).timeout == (7.0, 7.0)
    assert extras({"timeout": [1, 2.5]}).timeout == (1.0, 2.5)
    assert extras({"calls_per_second": "4.5"}).calls_per_second == 4.5
    assert extras({"verify": "/bundle.pem"}).verify == "/bundle.pem"
    assert extras({"verify_ssl": False}).verify is False
    assert extras({"proxy": {"https": "http://p:1"}}).proxies == {"https": "http://p:1"}
    assert extras({"cert": ["c", "k"]}).cert == ("c", "k")
    assert extras({"trust_env": False}).trust_env is False


@pytest.mark.parametrize(
    ("extra", "verify"),
    [
        ({"verify": "false"}, False),
        ({"verify": " True "}, True),
        ({"verify_ssl": "FALSE"}, False),
        ({"verify": None}, True),
        ({"verify": None, "verify_ssl": "/bundle.pem"}, "/bundle.pem"),
        ({"verify": True, "verify_ssl": False}, True),
    ],
)
def test_true_and_false_may_be_text_and_null_counts_as_absent(extra: dict[str, Any], verify: bool | str) -> None:
    assert extras(extra).verify == verify


def test_trust_env_may_be_text() -> None:
    assert extras({"trust_env": "false"}).trust_env is False


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
        ("verify", ""),
        ("verify", " \t"),
        ("verify", 0),
        ("verify", []),
        ("verify", {}),
        ("cert", ""),
        ("cert", ["/cert.pem", " "]),
        ("cert", [1, 2]),
        ("proxies", "http://p:1"),
        ("cert", 3),
        ("trust_env", "no"),
    ],
)
def test_an_invalid_extra_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(SetupError, match=f"`{name}` of connection `lever_default`") as error:
        extras({name: value})
    assert "s3cret" not in str(error.value)


def key(value: str | None) -> str:
    return usable_key(value, missing="no key", remedy="", vendor="Lever", conn_id="lever_default")


def test_white_space_around_a_key_is_removed() -> None:
    assert key(" abc123\n") == "abc123"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_is_refused(value: str | None) -> None:
    with pytest.raises(SetupError, match="no key"):
        key(value)


@pytest.mark.parametrize("value", ["abc def", "abc\ndef", "abc\u2019def", "abc\x00"])
def test_an_invalid_key_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(SetupError, match="paste it again") as error:
        key(value)
    assert "abc" not in str(error.value)


def test_a_key_is_masked_in_airflows_logs() -> None:
    from airflow.sdk._shared.secrets_masker import redact

    # Begins as no other test's key does: Airflow masks those too, for the rest of the process.
    secret = secrets.token_hex()
    usable_key(secret, missing="none", remedy="", vendor="Lever", conn_id="lever_default")
    assert redact(f"GET with {secret}") == "GET with ***"


@pytest.fixture
def urllib3_loggers() -> Iterator[tuple[logging.Logger, logging.Logger]]:
    """urllib3's logger and one below it, both without a level."""
    loggers = logging.getLogger("urllib3"), logging.getLogger("urllib3.connectionpool")
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
    yield loggers
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.mark.parametrize("whose", [None, 0, 1], ids=["root", "urllib3", "connectionpool"])
def test_urllib3_logs_no_urls_if_any_logger_is_set_to_debug(
    urllib3_loggers: tuple[logging.Logger, logging.Logger], caplog: pytest.LogCaptureFixture, whose: int | None
) -> None:
    logger = logging.getLogger() if whose is None else urllib3_loggers[whose]
    with caplog.at_level(logging.DEBUG, logger.name):
        quieten_urllib3()
        assert not any(logger.isEnabledFor(logging.DEBUG) for logger in urllib3_loggers)


def test_a_higher_log_level_of_urllib3_is_kept(urllib3_loggers: tuple[logging.Logger, logging.Logger]) -> None:
    urllib3_loggers[0].setLevel(logging.ERROR)
    urllib3_loggers[1].setLevel(logging.WARNING)
    quieten_urllib3()
    assert [logger.level for logger in urllib3_loggers] == [logging.ERROR, logging.WARNING]
