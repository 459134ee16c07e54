"""Finds free ports of the loopback interface."""

from __future__ import annotations

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"
_CONNECT_SECONDS = 0.5


def free_port(preferred: int, other_than: int | None = None) -> int:
    """Returns ``preferred`` if it is free, else a free port from the system. Never ``other_than``."""
    if preferred != other_than and is_free(preferred):
        return preferred
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port != other_than:
            return port


def free_ports(count: int, other_than: int) -> list[int]:
    """Returns so many different free ports, none of them ``other_than``."""
    with ExitStack() as probes:
        ports: list[int] = []
        while len(ports) < count:
            probe = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
            if port != other_than:
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
