"""Rows divided among threads: every part once, in order, errors raised, torch's threads as they were."""

import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine import threads


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@given(st.integers(1, 500), st.integers(1, 100), st.integers(1, 8))
def test_parts_hold_every_place_once_in_order_and_are_alike(count, most, workers):
    found = threads.parts(count, most=most, workers=workers)
    assert [at for part in found for at in part] == list(range(count))
    sizes = [len(part) for part in found]
    assert max(sizes) <= most and max(sizes) - min(sizes) <= 1
    assert len(found) % workers == 0 or len(found) == count


def test_nothing_is_threaded_for_few_rows_or_on_a_gpu(two_threads):
    assert threads.workers(31, device="cpu", least=16) == 1
    assert threads.workers(32, device="cpu", least=16) == 2
    assert threads.workers(1000, device="cpu", least=16) == 2
    assert threads.workers(1000, device="cuda", least=16) == 1


def test_results_keep_their_order_and_the_work_is_shared(two_threads):
    meet = threading.Barrier(2, timeout=30)

    def work(number: int) -> tuple[int, int]:
        meet.wait()
        return number * 10, torch.get_num_threads()

    assert threads.each(work, [1, 2, 3, 4], workers=2) == [(10, 1), (20, 1), (30, 1), (40, 1)]
    assert torch.get_num_threads() == 2
    assert threads.each(lambda part: torch.get_num_threads(), [1], workers=2) == [2]


def test_an_error_is_raised_and_what_was_not_begun_is_left(two_threads):
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        raise ValueError(f"part {number}")

    with pytest.raises(ValueError, match="part"):
        threads.each(work, range(100), workers=2)
    assert torch.get_num_threads() == 2
