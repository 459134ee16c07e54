from __future__ import annotations

import socket

import pytest

from include.demo.ports import LOOPBACK, free_port, is_free


@pytest.mark.parametrize("host", [LOOPBACK, "0.0.0.0"])
def test_a_taken_port_gets_another(host: str) -> None:
    with socket.create_server((host, 0)) as server:
        taken = server.getsockname()[1]
        assert not is_free(taken)
        other = free_port(taken)
        assert other != taken
        assert is_free(other)


def test_a_free_port_is_kept_unless_it_is_promised_to_somebody_else() -> None:
    port = free_port(0, other_than=0)
    assert free_port(port) == port
    assert free_port(port, other_than=port) != port
