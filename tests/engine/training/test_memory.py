"""What a process no longer uses goes back to the system."""

import sys

import psutil
import pytest
import torch

from engine.training.memory import give_back

MANY, BYTES = 2_000, 64 * 1024  # each below the size from which glibc takes and gives back memory by itself


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator")
def test_freed_memory_is_given_back():
    resident = psutil.Process().memory_info
    held = [torch.ones(BYTES // 4) for _ in range(MANY)]
    pins = held[::100]  # what lies among the freed keeps the heap from shrinking at its end
    with_all = resident().rss
    del held
    give_back()
    assert with_all - resident().rss > 0.5 * MANY * BYTES
    assert len(pins) == MANY // 100
