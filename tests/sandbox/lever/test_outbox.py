from __future__ import annotations

from include.sandbox.outbox import BATCH_SECONDS, Outbox

MANY = [*range(40)]


def taken(outbox: Outbox[int], now: float) -> list[int]:
    items: list[int] = []
    while (item := outbox.take(now)) is not None:
        items.append(item)
    return items


def filled(outbox: Outbox[int]) -> Outbox[int]:
    for item in MANY:
        outbox.add(item, 0.0)
    return outbox


def test_items_leave_in_the_order_of_arrival() -> None:
    assert taken(filled(Outbox()), 0.0) == MANY


def test_a_delayed_item_leaves_when_it_is_due() -> None:
    outbox = Outbox[int]()
    outbox.add_later(2, 5.0)
    outbox.add_later(1, 3.0)
    assert outbox.due == 3.0
    assert taken(outbox, 2.9) == []
    assert taken(outbox, 4.0) == [1]
    assert taken(outbox, 5.0) == [2]
    assert outbox.due is None


def test_held_items_leave_on_release_optionally_in_reverse() -> None:
    for backwards, expected in ((False, MANY), (True, MANY[::-1])):
        outbox = Outbox[int]()
        outbox.hold()
        filled(outbox).add_later(99, 0.0)
        assert (taken(outbox, 1.0), outbox.ready, outbox.due) == ([], 0, None)
        outbox.release(backwards=backwards)
        assert taken(outbox, -1.0) == expected


def test_a_release_without_a_hold_changes_nothing() -> None:
    outbox = filled(Outbox())
    outbox.release(backwards=True)
    assert taken(outbox, 0.0) == MANY


def test_a_shuffled_batch_has_another_order_that_is_the_same_in_every_run() -> None:
    orders = []
    for _ in range(2):
        outbox = Outbox[int]()
        outbox.shuffle(True)
        assert taken(filled(outbox), 0.0) == []
        orders.append(taken(outbox, BATCH_SECONDS))
    assert orders[0] == orders[1] != MANY
    assert sorted(orders[0]) == MANY


def test_two_shuffled_items_always_change_places() -> None:
    outbox = Outbox[int]()
    outbox.shuffle(True)
    for start in range(20):
        outbox.add(1, start)
        outbox.add(2, start)
        assert taken(outbox, start + BATCH_SECONDS) == [2, 1]


def test_held_items_are_shuffled_too() -> None:
    outbox = Outbox[int]()
    outbox.shuffle(True)
    outbox.hold()
    filled(outbox).release()
    order = taken(outbox, 0.0)
    assert order != MANY
    assert sorted(order) == MANY
