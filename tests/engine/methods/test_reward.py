"""The reward model: learnt from pairs beside the policy, kept whole or not at all, the same when read back."""

import math

import pytest
import torch

from engine import atomic, models, registry, rundir
from engine.methods import _reward, _reward_fit
from engine.schema import DataSpec, Example, Message, RunSpec, Source, Stopped, UserError
from engine.training.train import attach, probe_logits

RLHF = registry.methods()["rlhf"]
SETTINGS = RLHF.Settings(reward_epochs=8, reward_learning_rate=1e-2, batch_size=4)


def pair(number, good="Thank you.", bad="Go away."):
    prompt = (Message("user", f"Where is box {number}?"),)
    return Example(f"p{number}", prompt, f"{good} It is at {number}.", rejected=f"{bad} It is at {number}.")


def spec_of(model, **changes):
    return RunSpec(data=DataSpec(train=Source(path="x")), model=str(model), method="rlhf", **changes)


@pytest.fixture
def run(tiny_model):
    found = rundir.create(spec_of(tiny_model))
    atomic.write_lines(found.examples_file("validation"), [pair(at) for at in range(50, 54)])
    atomic.write_lines(found.examples_file("test"), [pair(at) for at in range(60, 66)])
    return found


@pytest.fixture(params=["lora", "adapter"])
def loaded(request, tiny_model):
    found = models.load(str(tiny_model))
    attach(RLHF, found, RLHF.Settings(through=request.param), seed=0)
    return found


def learnt(loaded, run, settings=SETTINGS):
    return _reward_fit.learn(loaded, settings, [pair(at) for at in range(16)], spec=run.spec(), run=run)


def rows(loaded, numbers):
    return [row for at in numbers for row in _reward_fit.pair_rows(loaded.tokenizer, pair(at), system="")]


def test_the_loss_of_a_pair_is_that_of_bradley_and_terry():
    losses = _reward_fit.pair_loss(torch.tensor([2.0, 0.0]), torch.tensor([0.5, 3.0]))
    wanted = [-math.log(1 / (1 + math.exp(-1.5))), -math.log(1 / (1 + math.exp(3.0)))]
    assert losses.tolist() == pytest.approx(wanted)


def test_pairs_that_can_be_told_apart_are_and_the_steps_are_logged(loaded, run):
    model = learnt(loaded, run)
    wanted = {"accuracy": 1.0, "low": 0.7225, "high": 1.0, "right": 10, "n": 10}
    assert model.facts["reward_accuracy"] == pytest.approx(wanted, abs=1e-3)
    lines = [line for line in rundir.training_log(run) if line["kind"] == "reward_model"]
    assert [line["step"] for line in lines] == list(range(1, 8 * 4 + 1))
    assert lines[0]["loss"] == pytest.approx(math.log(2)) and lines[-1]["loss"] < 0.3
    assert lines[-1]["accuracy"] == 1.0


def test_rewards_of_the_answers_it_was_trained_on_have_mean_zero(loaded, run):
    values = learnt(loaded, run).score(rows(loaded, range(16)))
    assert sum(values) / len(values) == pytest.approx(0, abs=1e-4)
    assert max(values) - min(values) > 1


def test_learning_it_leaves_policy_and_base_as_they_were_and_the_policy_trainable(loaded, run):
    before = probe_logits(loaded)
    mine = {name: weight.detach().clone() for name, weight in loaded.model.named_parameters()}
    trainable = {name for name, weight in loaded.model.named_parameters() if weight.requires_grad}
    learnt(loaded, run)
    now = dict(loaded.model.named_parameters())
    assert all(torch.equal(now[name], weight) for name, weight in mine.items())
    assert {name for name, weight in now.items() if weight.requires_grad} == trainable
    assert torch.equal(probe_logits(loaded), before)


def test_read_back_it_gives_the_same_rewards_beside_a_policy_and_alone(loaded, run, tiny_model):
    first = learnt(loaded, run)
    wanted = first.score(rows(loaded, range(40, 44)))
    other = models.load(str(tiny_model))
    way = "lora" if "Lora" in type(loaded.model.base_model).__name__ else "adapter"
    attach(RLHF, other, RLHF.Settings(through=way), seed=7)
    again = learnt(other, run)
    assert again.score(rows(loaded, range(40, 44))) == wanted
    assert again.facts == first.facts
    judge = _reward.judge(run, spec=run.spec(), quantization="")
    answers = [(pair(at), pair(at).completion) for at in range(40, 44)]
    assert judge(answers) == wanted[0::2]
    assert sorted(path.suffix for path in run.reward.iterdir() if path.suffix != ".md") == [
        ".json", ".json", ".safetensors", ".safetensors",
    ]  # fmt: skip


def test_stopped_before_its_end_nothing_is_kept_and_begun_anew_it_ends_the_same(loaded, run, tiny_model, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(rundir.Run, "stop_requested", lambda self: len(list(rundir.training_log(self))) >= 5)
        with pytest.raises(Stopped):
            learnt(loaded, run)
    assert not run.reward.exists()
    assert loaded.model.active_adapter == "default"
    calm = rundir.create(spec_of(tiny_model))
    values = []
    for target in (run, calm):
        fresh = models.load(str(tiny_model))
        attach(RLHF, fresh, RLHF.Settings(), seed=0)
        values.append(learnt(fresh, target).score(rows(fresh, range(4))))
    assert values[0] == values[1]


def test_a_run_without_a_reward_model_has_no_judge(run):
    assert _reward.judge(run, spec=run.spec(), quantization="") is None


def test_rows_without_pairs_are_refused_with_the_remedy():
    with pytest.raises(UserError, match="Give pairs, or set reward to metric"):
        _reward_fit.needs_pairs([Example("a", (Message("user", "Hi"),), "Hello")])
