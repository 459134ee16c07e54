from __future__ import annotations

import signal

import pytest

from include.demo.interruptions import Interrupted, Interruptions


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_interrupts_once(number: signal.Signals, status: int) -> None:
    with Interruptions():
        with pytest.raises(Interrupted) as interrupted:
            signal.raise_signal(number)
        assert interrupted.value.status == status
        signal.raise_signal(signal.SIGINT)  # the clean-up is not interrupted


def test_what_must_not_be_parted_is_not() -> None:
    done = []

    def start(interruptions: Interruptions) -> None:
        with interruptions.held():
            signal.raise_signal(signal.SIGTERM)
            done.append("noted")
        done.append("gone on")

    with Interruptions() as interruptions, pytest.raises(Interrupted):
        start(interruptions)
    assert done == ["noted"]


def test_after_the_end_nothing_interrupts_and_the_former_handlers_are_back() -> None:
    former = signal.getsignal(signal.SIGINT)
    with Interruptions() as interruptions:
        interruptions.end()
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is former
