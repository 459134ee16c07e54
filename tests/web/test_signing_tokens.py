from __future__ import annotations

import asyncio
import threading

from alva_lever.web.signing_tokens import FreshTokens


def test_concurrent_requests_share_a_read_that_began_after_they_asked() -> None:
    present, begun = ["old"], []
    first_begun, go_on = threading.Event(), threading.Event()

    def read() -> tuple[str, ...]:
        begun.append(list(present))
        first_begun.set()
        assert go_on.wait(60)
        return tuple(begun[-1])

    async def work() -> list[tuple[str, ...]]:
        tokens = FreshTokens(read)
        early = [asyncio.create_task(tokens.get()) for _ in range(10)]
        await asyncio.to_thread(first_begun.wait, 60)
        present[0] = "new"
        late = [asyncio.create_task(tokens.get()) for _ in range(10)]
        await asyncio.sleep(0.05)
        go_on.set()
        return await asyncio.gather(*early, *late)

    assert asyncio.run(work()) == [("old",)] * 10 + [("new",)] * 10
    assert begun == [["old"], ["new"]]


def test_a_failed_read_is_not_cached() -> None:
    outcomes: list[Exception | tuple[str, ...]] = [OSError("gone"), ("token",)]

    def read() -> tuple[str, ...]:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def work() -> None:
        tokens = FreshTokens(read)
        errors = await asyncio.gather(tokens.get(), tokens.get(), return_exceptions=True)
        assert [str(error) for error in errors] == ["gone", "gone"]
        assert await tokens.get() == ("token",)

    asyncio.run(work())
