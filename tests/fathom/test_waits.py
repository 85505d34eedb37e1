"""Waits for locks are bounded as a whole, and unbounded ones stay as they are."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from fathom.waits import MIN_WAIT_S, bounded_waits, is_bounded, wait_left


def test_a_wait_without_bounds_is_the_usual_one() -> None:
    assert (is_bounded(), wait_left(30.0)) == (False, 30.0)


def test_a_bound_counts_all_the_waits_together() -> None:
    with bounded_waits(1.0):
        assert 0.9 < wait_left(30.0) <= 1.0
        assert wait_left(0.1) == 0.1
        time.sleep(0.1)
        assert wait_left(30.0) <= 0.9
    assert not is_bounded()


def test_when_it_has_passed_each_wait_is_a_short_one() -> None:
    with bounded_waits(0.0):
        assert wait_left(30.0) == MIN_WAIT_S


def test_a_thread_with_the_context_has_the_bound() -> None:
    with bounded_waits(1.0), ThreadPoolExecutor(1) as pool:
        assert pool.submit(copy_context().run, wait_left, 30.0).result() <= 1.0
        assert pool.submit(wait_left, 30.0).result() == 30.0
