from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from include.demo.interruptions import Interrupted, Interruptions

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


@pytest.fixture(autouse=True)
def as_in_a_terminal() -> Iterator[None]:
    """Restores the default handlers: under `nohup make test` or in a background job, signals are ignored."""
    usual: dict[signal.Signals, Handler] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    former = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_interrupts_once(number: signal.Signals, status: int) -> None:
    with Interruptions():
        with pytest.raises(Interrupted) as interrupted:
            signal.raise_signal(number)
        assert interrupted.value.status == status
        signal.raise_signal(signal.SIGINT)  # the clean-up is not interrupted


def test_a_demo_under_nohup_ignores_the_hangup_signal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup leaves it
    with Interruptions():
        signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGTERM)


def test_a_scripts_background_job_can_be_interrupted() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a script's shell leaves it
    with Interruptions(), pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGINT)


def test_a_signal_waits_for_the_end_of_a_held_block() -> None:
    done = []

    def start(interruptions: Interruptions) -> None:
        with interruptions.held():
            signal.raise_signal(signal.SIGTERM)
            done.append("noted")
        done.append("gone on")

    with Interruptions() as interruptions, pytest.raises(Interrupted):
        start(interruptions)
    assert done == ["noted"]


def test_after_the_end_signals_are_ignored_and_the_former_handlers_are_restored() -> None:
    former = signal.getsignal(signal.SIGINT)
    with Interruptions() as interruptions:
        interruptions.end()
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is former
