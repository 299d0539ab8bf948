"""RLHF: the reward rises, the policy alone changes, and a step follows from its number."""

import hashlib

import pytest
import torch

from engine import atomic, launch, models, registry, rundir
from engine.methods import rlhf
from engine.methods._rollout import grpo_advantages, grpo_loss, k3, rloo_advantages, rloo_loss, roll_out
from engine.schema import DataSpec, Example, Message, Metric, RunSpec, Source, UserError
from engine.training.loop import fit_task, start, train_step
from engine.training.train import attach, probe_logits, save_model
from tests.engine.breaking import stopped_at
from tests.engine.runs import finished, in_this_process, tiny_spec

METHOD = registry.methods()["rlhf"]
RULE = {"reward": "metric", "reward_metric": "repetition", "max_new_tokens": 12, "missing_end_penalty": 0.0}

SHARPER = 8


def example(number, **fields):
    return Example(f"e{number}", (Message("user", f"Where is box {number}?"),), fields.pop("completion", ""), **fields)


PROMPTS = [example(at) for at in range(8)]
PAIRS = [example(at, completion=f"It is at {at}.", rejected=f"Who knows {at}.") for at in range(8)]


def spec_of(model, **settings):
    return RunSpec(data=DataSpec(train=Source(path="x")), model=str(model), method="rlhf", settings=settings)


@pytest.fixture
def letters(monkeypatch):
    """A rule that can be learnt within a few steps: the larger the share of plain letters, the better."""
    known = registry.metrics()
    share = lambda output, example: sum(map(str.islower, output.text)) / max(1, len(output.text))  # noqa: E731
    monkeypatch.setattr(registry, "metrics", lambda: {**known, "letters": Metric("letters", "", "higher", share)})


def prepared(tiny_model, examples=PROMPTS, *, held=(), run=None, **changes):
    """A loaded model with the policy's adapter, its settings, and the task."""
    spec = spec_of(tiny_model, **{**RULE, **changes})
    settings = METHOD.Settings.model_validate(spec.settings)
    loaded = models.load(str(tiny_model))
    with torch.no_grad():  # a model drawn at random says everything with the same probability, and hardly can do else
        loaded.core.get_decoder().norm.weight.mul_(SHARPER)
    attach(METHOD, loaded, settings, seed=0)
    splits = {"train": examples, "validation": held}
    return loaded, settings, METHOD.task(loaded, settings, splits=splits, spec=spec, run=run)


def trained(loaded, settings, task, *, steps, rate=1e-2):
    fit = start(loaded.model, settings, seed=0)
    loaded.model.train()
    measures = []
    for step in range(steps):
        task.begin(step)
        measures.append(train_step(fit, task, range(len(task.lengths)), settings, rate=rate))
    loaded.model.eval()
    return measures


@pytest.mark.parametrize("algorithm", ["rloo", "grpo"])
@pytest.mark.parametrize("through", ["lora", "adapter"])
def test_the_reward_rises_on_a_rule_that_can_be_learnt(algorithm, through, tiny_model, letters):
    parts = prepared(
        tiny_model, reward_metric="letters", algorithm=algorithm, through=through, kl_weight=0.0
    )  # fmt: skip
    measures = trained(*parts, steps=30)
    first, last = (sum(line["reward"] for line in lines) / 5 for lines in (measures[:5], measures[-5:]))
    assert last > first + 0.2
    assert measures[0]["kl"] == pytest.approx(0, abs=1e-4)
    assert all(line["kl"] >= -1e-4 for line in measures) and measures[-1]["kl"] > 0.1
    assert set(measures[0]) == {"loss", "reward", "kl", "length", "ended", "repetition"}


def test_a_high_price_of_kl_keeps_the_policy_near_base(tiny_model, letters):
    reached = {}
    for weight in (0.0, 1.0):
        parts = prepared(tiny_model, reward_metric="letters", kl_weight=weight, algorithm="grpo")
        reached[weight] = trained(*parts, steps=20)[-1]["kl"]
    assert reached[1.0] < 0.5 * reached[0.0]


def test_the_policy_alone_changes_and_is_saved_and_base_stays_base(tiny_model, tmp_path):
    run = rundir.create(spec_of(tiny_model))
    loaded, settings, task = prepared(tiny_model, PAIRS, run=run, reward="model")
    with loaded.base():
        base = probe_logits(loaded)
    before = {name: weight.detach().clone() for name, weight in loaded.model.named_parameters()}
    trained(loaded, settings, task, steps=3)
    changed = {name for name, now in loaded.model.named_parameters() if not torch.equal(now, before[name])}
    assert changed and all(".lora_" in name and ".default." in name for name in changed)
    with loaded.base():
        assert torch.equal(probe_logits(loaded), base)
    save_model(loaded, tmp_path / "model")
    assert not [path for path in (tmp_path / "model").iterdir() if path.is_dir()]
    again = models.load_tuned(run.spec(), tmp_path / "model", quantization="", adapter=True, merge=False)
    again.core.get_decoder().norm.weight.data.mul_(SHARPER)
    assert torch.equal(probe_logits(again), probe_logits(loaded))


def test_both_rewards_are_added_and_logged_apart(tiny_model):
    run = rundir.create(spec_of(tiny_model))
    parts = prepared(tiny_model, PAIRS, run=run, reward="both", metric_weight=2.0)
    line = trained(*parts, steps=1)[0]
    assert line["reward"] == pytest.approx(line["reward_model"] + line["reward_metric"])
    assert line["reward_metric"] == pytest.approx(-2.0 * line["repetition"])


def test_held_out_measures_reward_and_kl_on_few_greedy_answers(tiny_model):
    held = [example(at) for at in range(100, 120)]
    loaded, settings, task = prepared(tiny_model, held=held, kl_weight=0.5)
    loaded.model.eval()
    with torch.no_grad():
        found = task.held_out()
    assert found["kl"] == pytest.approx(0, abs=1e-4)
    assert found["loss"] == pytest.approx(-found["reward"], abs=1e-4)
    assert prepared(tiny_model)[2].held_out is None


def test_a_prompt_that_stands_in_several_rows_is_asked_once(tiny_model):
    twice = [*PAIRS, example(0, completion="Other.", rejected="Another.")]
    assert [found.completion for found in rlhf.unique_prompts(twice)] == [row.completion for row in PAIRS]


def test_in_a_forecast_no_reward_model_is_trained(tiny_model):
    loaded, settings, task = prepared(tiny_model, PAIRS, reward="model")
    assert task.before_seconds > 0
    assert trained(loaded, settings, task, steps=1)[0]["reward"] == 0.0


def test_the_same_step_gives_the_same_answers_and_another_step_others(tiny_model):
    def answers(step):
        loaded = models.load(str(tiny_model))
        seeds = [rlhf.seed_of(0, step, 0, copy) for copy in range(4)]
        return [found.text for found in roll_out(loaded, [[5, 6, 7]] * 4, max_new_tokens=8, seeds=seeds)]

    assert answers(3) == answers(3) != answers(4)
    assert len(set(answers(3))) > 1


def test_rloo_compares_each_answer_with_the_mean_of_the_others():
    rewards = torch.tensor([[1.0, 2.0, 6.0], [0.0, 0.0, 0.0]])
    assert rloo_advantages(rewards).tolist() == [[1 - 4, 2 - 3.5, 6 - 1.5], [0, 0, 0]]


def test_grpo_measures_advantages_in_standard_deviations():
    rewards = torch.tensor([[1.0, 2.0, 6.0], [5.0, 5.0, 5.0]])
    spread = ((4 + 1 + 9) / 2) ** 0.5
    wanted = [[-2 / spread, -1 / spread, 3 / spread], [0, 0, 0]]
    assert torch.allclose(grpo_advantages(rewards), torch.tensor(wanted), atol=1e-3)


def tokens(*values):
    return torch.tensor(values, requires_grad=True)


def test_the_gradient_of_rloo_is_the_advantage_of_reward_less_kl_on_every_token():
    own, base = [tokens(1.0, 2.0), tokens(3.0)], [torch.tensor([1.0, 2.5]), torch.tensor([2.0])]
    rloo_loss(own, base, torch.tensor([[1.0, 0.0]]), kl_weight=0.5).backward()
    first, second = 1.0 - 0.5 * (3.5 - 3.0), 0.0 - 0.5 * (2.0 - 3.0)
    assert own[0].grad.tolist() == pytest.approx([first - second] * 2)
    assert own[1].grad.tolist() == pytest.approx([second - first])


def test_the_gradient_of_grpo_is_a_mean_over_the_tokens_of_an_answer_with_k3():
    own, base = [tokens(1.0, 2.0), tokens(3.0)], [torch.tensor([1.0, 2.5]), torch.tensor([2.0])]
    rewards = torch.tensor([[1.0, 0.0]])
    grpo_loss(own, base, rewards, kl_weight=0.5).backward()
    advantage = 0.5 / (0.5**0.5 + 1e-4)
    drift = [0.5 * (torch.tensor(a - b).exp().item() - 1) for a, b in ((1.0, 1.0), (2.0, 2.5), (3.0, 2.0))]
    assert own[0].grad.tolist() == pytest.approx([(advantage + drift[0]) / 2, (advantage + drift[1]) / 2])
    assert own[1].grad.tolist() == pytest.approx([-advantage + drift[2]])


def test_k3_is_never_negative_and_its_mean_over_samples_is_the_kl_divergence():
    policy, base = (torch.randn(2, 6, generator=torch.Generator().manual_seed(1)) * 0.7).log_softmax(-1)
    drawn = torch.multinomial(policy.exp(), 50_000, replacement=True, generator=torch.Generator().manual_seed(2))
    values = k3(-policy[drawn], -base[drawn])
    assert values.min() >= 0
    assert values.mean().item() == pytest.approx((policy.exp() * (policy - base)).sum().item(), rel=0.05)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"reward": "metric"}, "name the metric"),
        ({"reward": "metric", "reward_metric": "beauty"}, "name the metric.*brand_rules"),
        ({"reward": "both", "reward_metric": "length_ratio"}, "name the metric"),
        ({"through": "full"}, "through"),
        ({"completions": 1}, "completions"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings, says, tmp_path, tiny_model):
    with pytest.raises(UserError, match=says):
        launch.start(tiny_spec(tmp_path, tiny_model, method="rlhf", settings=settings))


def test_rows_that_cannot_earn_the_reward_are_refused(tiny_model):
    with pytest.raises(UserError, match="Give pairs"):
        prepared(tiny_model, reward="model")
    with pytest.raises(UserError, match="token_f1 judges no sampled answer"):
        prepared(tiny_model, reward_metric="token_f1")


def weights_hash(run):
    files = sorted(run.model.glob("*.safetensors"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def test_a_run_stopped_and_resumed_ends_in_the_same_weights_with_rewards_before_and_after(tmp_path, tiny_model):
    train, held = tmp_path / "pairs.jsonl", tmp_path / "held.jsonl"
    line = '{{"prompt": "Where is {0}?", "chosen": "Thank you, it is at {0}.", "rejected": "Go away {0}."}}\n'
    train.write_text("".join(line.format(at) for at in range(16)))
    held.write_text("".join(line.format(at) for at in range(90, 96)))
    settings = {"epochs": 6, "max_new_tokens": 6, "completions": 2, "reward_epochs": 2}
    data = DataSpec(train=Source(path=str(train)), suites={"pairs": Source(path=str(held))})
    spec = tiny_spec(tmp_path, tiny_model, method="rlhf", settings=settings)
    spec = spec.model_copy(
        update={"data": data, "primary": spec.primary.model_copy(update={"metric": "reward", "suite": "pairs"})}
    )
    calm = finished(spec.model_copy(update={"title": "calm"}))
    with stopped_at(5):
        run = launch.start(spec)
    assert rundir.state(run) == "stopped"
    assert list(run.checkpoints.glob("step-5/manifest.json"))
    with in_this_process():
        launch.resume(run)
    assert rundir.state(run) == "done", run.file("log").read_text()
    assert weights_hash(run) == weights_hash(calm)
    training = atomic.read_json(run.file("training"))
    assert training["base_proof"]["equal"]
    assert training["reward_accuracy"]["n"] >= 6
    change = run.comparison()["changes"][0]
    assert (change["metric"], change["n"]) == ("reward", 6)
    for arm in ("base", "tuned"):
        assert all(row.scores["reward"] == row.output.reward is not None for row in run.answers(arm))


def test_a_part_of_a_step_gets_gradients_of_its_own_prompts(tiny_model, letters):
    """Memory is bounded by settings.accumulation: the parts of a step are rolled out one after the other."""
    weights = []
    for parts in (1, 4):
        loaded, settings, task = prepared(tiny_model, reward_metric="letters", accumulation=parts)
        trained(loaded, settings, task, steps=1)
        weights.append({name: weight.detach() for name, weight in loaded.model.named_parameters()})
    assert all(torch.allclose(weight, weights[1][name], atol=1e-4) for name, weight in weights[0].items())


def test_the_loop_tells_the_task_which_step_comes_next(tiny_model, tmp_path):
    run = rundir.create(tiny_spec(tmp_path, tiny_model))
    run.examples_file("train").write_text("")
    loaded, settings, task = prepared(tiny_model, epochs=3, batch_size=4)
    told = []
    object.__setattr__(task, "begin", told.append)
    fit_task(loaded, task, settings, run=run, seed=0, attempt=1, report=lambda line: None)
    assert told == list(range(6))
