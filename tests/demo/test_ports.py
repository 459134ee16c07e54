from __future__ import annotations

import socket

import pytest

from include.demo.ports import LOOPBACK, free_port, free_ports, is_free


@pytest.mark.parametrize("host", [LOOPBACK, "0.0.0.0"])
def test_a_taken_port_is_replaced_by_a_free_one(host: str) -> None:
    with socket.create_server((host, 0)) as server:
        taken = server.getsockname()[1]
        assert not is_free(taken)
        other = free_port(taken)
        assert other != taken
        assert is_free(other)


def test_a_free_port_is_kept_unless_it_is_reserved() -> None:
    port = free_port(0, other_than=0)
    assert free_port(port) == port
    assert free_port(port, other_than=port) != port


def test_free_ports_differ_from_each_other_and_from_the_one_in_use() -> None:
    other = free_port(0, other_than=0)
    ports = free_ports(20, other_than=other)
    assert len({*ports, other}) == 21
    assert all(free_port(port) == port for port in ports)
