"""Finds free ports of the loopback interface."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"
_CONNECT_SECONDS = 0.5


def free_port(preferred: int, other_than: int | None = None) -> int:
    """Returns ``preferred`` if it is free, else another free port. Never ``other_than``."""
    if preferred not in (0, other_than) and is_free(preferred):
        return preferred
    return free_ports(1, other_than)[0]


def free_ports(count: int, other_than: int | None) -> list[int]:
    """Returns so many different free ports, none of them ``other_than``."""
    # Drawn from below those that the system gives to others by itself, since they are used only seconds later.
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(20_000, 32_000)
        if port != other_than and port not in ports and is_free(port):
            ports.append(port)
    return ports


def is_free(port: int) -> bool:
    """Whether a server could listen on it now.

    Tries both addresses: some systems let a server bind a port on loopback that another server has on all addresses.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        if probe.connect_ex((LOOPBACK, port)) == 0:
            return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: otherwise closed connections of the last demo make its port look taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
