"""Replayed steps give the answers of plain ones. Here a recording calls its work again; on a GPU it is a CUDA graph."""

import pytest
import torch

from engine import decoding, replay
from engine.decoding import Sampling, generate
from tests.engine.runs import sharpened

PROMPTS = [[5, 6, 7, 8], [5, 6, 7, 11, 12, 13], [30], [5, 6, 7, 8, 9, 10, 11, 12], [40, 41], [9, 8, 7]]


@pytest.fixture
def loaded(tiny_model):
    return sharpened(tiny_model)


@pytest.fixture
def recordings(monkeypatch):
    """Steps are recorded whatever the device; gives the list of what was recorded."""
    made = []
    monkeypatch.setattr(decoding, "replays", lambda device: True)
    if not torch.cuda.is_available():
        monkeypatch.setattr(replay, "recorded", lambda work: made.append(work) or work)
    else:
        real = replay.recorded
        monkeypatch.setattr(replay, "recorded", lambda work: made.append(work) or real(work))
    return made


def stopping(loaded, prompts, monkeypatch):
    """Let the answers end at different steps: what one says third and another fifth ends every answer."""
    answers = generate(loaded, prompts, max_new_tokens=12, batch_size=8)
    stops = [*loaded.stop_tokens, answers[0].tokens[2], answers[3].tokens[4]]
    monkeypatch.setattr(type(loaded), "stop_tokens", property(lambda self: stops))


def test_answers_are_those_of_plain_steps(loaded, recordings, monkeypatch):
    monkeypatch.setattr(decoding, "replays", lambda device: False)
    stopping(loaded, PROMPTS, monkeypatch)
    plain = generate(loaded, PROMPTS, max_new_tokens=12, batch_size=8)
    assert len({len(answer.tokens) for answer in plain}) > 2 and not recordings
    monkeypatch.setattr(decoding, "replays", lambda device: True)
    replayed = generate(loaded, PROMPTS, max_new_tokens=12, batch_size=8)
    assert [answer.tokens for answer in replayed] == [answer.tokens for answer in plain]
    assert recordings


def test_a_batch_is_recorded_once_and_again_when_half_have_ended(loaded, recordings):
    memory = decoding._prefill(loaded.core, PROMPTS, 8, loaded.device)[1]
    tokens = torch.tensor([5, 6, 7, 8, 9, 10], device=loaded.device)
    with torch.no_grad():
        for _ in range(3):
            memory.step(loaded.core, tokens)
        assert len(recordings) == 1
        memory.select(torch.tensor([0, 2, 4, 5], device=loaded.device))
        assert memory.step(loaded.core, tokens[:4]).shape == (4, loaded.core.config.hidden_size)
        assert len(memory.tokens) == 6 and len(recordings) == 1
        memory.select(torch.tensor([0, 2, 3], device=loaded.device))
        assert len(memory.tokens) == 3
        for _ in range(2):
            memory.step(loaded.core, tokens[:3])
    assert len(recordings) == 2
    assert memory.lengths.tolist() == [len(PROMPTS[at]) + 6 for at in (0, 4, 5)]


def test_seeds_decide_sampled_answers_in_replayed_steps_too(loaded, recordings):
    sample = Sampling(seeds=range(6), temperature=0.8)
    together = generate(loaded, PROMPTS, max_new_tokens=8, batch_size=8, sample=sample)
    alone = generate(loaded, PROMPTS[4:5], max_new_tokens=8, batch_size=8, sample=sample.only([4]))
    assert together[4].tokens == alone[0].tokens


@pytest.mark.skipif(not torch.cuda.is_available(), reason="CUDA graphs are a GPU's")
def test_what_looks_at_a_result_midway_is_not_recorded_and_done_as_it_is():
    given = torch.ones(3, device="cuda")
    work = lambda: given * 2 if given.sum().item() > 1 else given  # noqa: E731
    done = replay.recorded(work)
    assert done is work and done().tolist() == [2, 2, 2]
    again = replay.recorded(lambda: given * 3)
    given += 1
    assert again().tolist() == [6, 6, 6]
