"""Ids that are the same in every run with the same seed, so that a failing test fails again."""

from __future__ import annotations

import itertools
import random
import uuid

_NAMESPACE = uuid.UUID("6f1e7b0c-52a4-4a6c-9b19-6f5b1c1d7a10")
FIRST_SERIAL = 48_000


def fixed_uuid(name: str) -> str:
    """Returns an id that is the same in every world, for stages and archive reasons, which people put into settings."""
    return str(uuid.uuid5(_NAMESPACE, name))


class Ids:
    """Lever's UUIDs and tokens, and Alva's short numbers."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(f"ids {seed}")
        self._serials = itertools.count(FIRST_SERIAL)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, length: int) -> str:
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def serial(self) -> str:
        return str(next(self._serials))
