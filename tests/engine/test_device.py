"""The dtype is chosen by how fast it is, once for a machine, and not by who else is busy."""

import time

import pytest
import torch

from engine import device


@pytest.mark.parametrize(
    ("faster", "chosen"), [(0.01, torch.float32), (2.3, torch.float32), (4.0, torch.bfloat16), (16.0, torch.bfloat16)]
)
def test_bf16_is_chosen_where_it_is_much_faster(faster, chosen, monkeypatch):
    monkeypatch.setattr(device, "_times_faster", lambda dtype, device: faster)
    assert device.choose_dtype.__wrapped__("cuda") == chosen


def test_the_dtype_is_decided_once_for_a_machine(monkeypatch):
    for faster in (2.0, 9.0):
        monkeypatch.setattr(device, "_times_faster", lambda dtype, device, faster=faster: faster)
        assert device.choose_dtype.__wrapped__("cpu") == torch.float32


def test_waiting_for_a_turn_on_a_busy_cpu_does_not_count(monkeypatch):
    def interrupted(dtype, *, device, clock):
        begun = clock()
        if dtype == torch.float32:
            time.sleep(0.02)  # another process has the core
        torch.ones(256, 256) @ torch.ones(256, 256)
        return clock() - begun

    monkeypatch.setattr(device, "_matmul_seconds", interrupted)
    assert device._times_faster(torch.bfloat16, device="cpu") < device.BF16_ADVANTAGE


def test_a_gpu_is_timed_by_a_matmul_that_takes_longer_than_starting_it(monkeypatch):
    """At 512 columns an H200 takes bf16 for 1.5 times as fast as fp32, at 4,096 for 11.8 times."""
    sizes = []
    monkeypatch.setattr(torch, "ones", lambda *shape, dtype, device: sizes.append(shape) or torch.zeros(1, 1))
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    device._matmul_seconds(torch.bfloat16, device="cuda", clock=time.perf_counter)
    assert sizes == [(4096, 4096)]
