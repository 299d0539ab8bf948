"""How a model is loaded: the dtype is chosen by how fast it is, once for a machine, and not by who else is busy."""

import time

import pytest
import torch

from engine import models


@pytest.mark.parametrize(
    ("faster", "chosen"), [(0.01, torch.float32), (2.3, torch.float32), (4.0, torch.bfloat16), (16.0, torch.bfloat16)]
)
def test_bf16_is_chosen_where_it_is_much_faster(faster, chosen, monkeypatch):
    monkeypatch.setattr(models, "_times_faster", lambda dtype, device: faster)
    assert models.choose_dtype.__wrapped__("cuda") == chosen


def test_the_dtype_is_decided_once_for_a_machine(monkeypatch):
    for faster in (2.0, 9.0):
        monkeypatch.setattr(models, "_times_faster", lambda dtype, device, faster=faster: faster)
        assert models.choose_dtype.__wrapped__("cpu") == torch.float32


def test_waiting_for_a_turn_on_a_busy_cpu_does_not_count(monkeypatch):
    def interrupted(dtype, *, device, clock):
        begun = clock()
        if dtype == torch.float32:
            time.sleep(0.02)  # another process has the core
        torch.ones(256, 256) @ torch.ones(256, 256)
        return clock() - begun

    monkeypatch.setattr(models, "_matmul_seconds", interrupted)
    assert models._times_faster(torch.bfloat16, device="cpu") < models.BF16_ADVANTAGE
