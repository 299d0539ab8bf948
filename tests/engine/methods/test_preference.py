"""DPO and KTO: the losses of trl, a margin that rises, a reference that is computed once and never moves."""

import hashlib
import json

import pytest
import torch

from engine import atomic, launch, models, registry, rundir
from engine.data.prepare import prepare
from engine.methods.dpo import pair_losses
from engine.methods.kto import one_by_one
from engine.schema import DataSpec, Decoding, Example, Message, Primary, RunSpec, Source, Stopped, UserError
from engine.training.loop import start, train_step
from engine.training.train import attach, probe_logits
from tests.engine.breaking import stopped_at
from tests.engine.runs import finished, in_this_process

METHODS = registry.methods()
LOSSES = ["sigmoid", "sigmoid_norm", "ipo", "hinge", "robust", "exo_pair", "nca_pair", "bco_pair", "sppo_hard"]
LOSSES += ["apo_zero", "apo_down", "discopop"]
WORDS = [
    "Yes, of course.",
    "From 9:00 to 17:30.",
    "It costs $12.50.",
    "Paris.",
    "営業時間は午前9時です。",
    "I am sorry.",
]


def pairs(count: int = 6) -> list[Example]:
    """Kind answers are preferred to rude ones, whatever was asked."""
    prompt = lambda at: (Message("user", f"When is shop {at} open?"),)  # noqa: E731
    return [
        Example(str(at), prompt(at), f"{WORDS[at % 6]} Thank you for asking.", rejected=f"{WORDS[at % 6]} Go away!")
        for at in range(count)
    ]


def spec_of(method: str = "dpo", **settings) -> RunSpec:
    return RunSpec(data=DataSpec(train=Source(path="x")), method=method, settings=settings)


def prepared(tiny_model, method: str, *, train=None, validation=(), run=None, **settings):
    """(loaded, settings, task) with LoRA attached, its second matrices moved away from zero by a fixed amount."""
    spec = spec_of(method, **settings)
    chosen = registry.method_of(spec)
    loaded, given = models.load(str(tiny_model)), chosen.Settings(**settings)
    attach(chosen, loaded, given, seed=0)
    run = run or rundir.create(spec)
    task = chosen.task(loaded, given, splits={"train": train or pairs(), "validation": validation}, spec=spec, run=run)
    return loaded, given, task


def moved(loaded):
    """The adapter away from where it began, as after some training."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, weight in loaded.model.named_parameters():
            if "lora_B.default" in name:
                weight.copy_(torch.randn(weight.shape, generator=generator) * 0.02)


# ---- the losses


def trl_rows(loaded, examples, **more):
    """The examples as trl takes them, in the very tokens of ours."""
    from datasets import Dataset

    from engine.models import answer_tokens, prompt_tokens

    rows = []
    for at, example in enumerate(examples):
        row = {"prompt_ids": prompt_tokens(loaded.tokenizer, example.prompt)}
        if example.rejected is not None:
            row["chosen_ids"] = answer_tokens(loaded.tokenizer, example.completion)
            row["rejected_ids"] = answer_tokens(loaded.tokenizer, example.rejected)
        else:
            before = examples[at - 1].completion
            row["completion_ids"] = answer_tokens(loaded.tokenizer, example.completion)
            row["KL_completion_ids"] = answer_tokens(loaded.tokenizer, before)
            row["label"] = example.label
        rows.append(row)
    return Dataset.from_list(rows)


def trl_trainer(loaded, examples, folder, *, kto=False, **options):
    """trl's trainer on our model and our tokens, at its own settings but for bf16, checkpointing and batch size."""
    from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer

    kind, config = (KTOTrainer, KTOConfig) if kto else (DPOTrainer, DPOConfig)
    config = config(
        output_dir=str(folder), per_device_train_batch_size=len(examples), bf16=False, gradient_checkpointing=False,
        report_to="none", use_cpu=loaded.device == "cpu", disable_tqdm=True, remove_unused_columns=False,
        max_length=None, **options,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "_prepare_dataset", lambda self, dataset, *args, **kwargs: dataset)
        return kind(
            model=loaded.model,
            args=config,
            train_dataset=trl_rows(loaded, examples),
            processing_class=loaded.tokenizer,
        )


def trl_loss(trainer, loaded) -> float:
    """What trl's trainer says of its batch, with its own attention."""
    loaded.core.set_attn_implementation("sdpa")
    loaded.model.eval()
    with torch.no_grad():
        return trainer.compute_loss(loaded.model, next(iter(trainer.get_train_dataloader()))).item()


def test_every_loss_is_trl_s_on_the_same_pairs_and_weights(tiny_model, tmp_path):
    loaded, _, _ = prepared(tiny_model, "dpo")
    trainer = trl_trainer(loaded, pairs(), tmp_path, beta=0.3)  # takes the adapter as it is now for its reference
    moved(loaded)
    ours = {}
    for name in LOSSES:
        smoothing = 0.1 if name in ("robust", "exo_pair") else 0.0
        settings = {"loss_type": name, "label_smoothing": smoothing, "beta": 0.3, "sft_weight": 0.0}
        part = task_on(loaded, **settings).loss(range(6))
        ours[name] = (part.total / part.weight).item()
    for name in LOSSES:
        trainer.loss_types = [name]
        trainer.label_smoothing = 0.1 if name in ("robust", "exo_pair") else 0.0
        assert ours[name] == pytest.approx(trl_loss(trainer, loaded), abs=1e-4, rel=1e-4), name


def task_on(loaded, **settings):
    """DPO's task on a model that has its adapter already."""
    spec, given = spec_of("dpo", **settings), METHODS["dpo"].Settings(**settings)
    return METHODS["dpo"].task(loaded, given, splits={"train": pairs()}, spec=spec, run=rundir.create(spec))


def test_the_loss_on_chosen_answers_beside_is_added_per_token(tiny_model):
    loaded, _, _ = prepared(tiny_model, "dpo")
    moved(loaded)
    plain, beside = (task_on(loaded, sft_weight=weight).loss([0]).total.item() for weight in (0.0, 2.0))
    from engine.training.batches import tokenize
    from engine.training.loss import row_losses

    own = row_losses(loaded.core, [tokenize(loaded.tokenizer, pairs()[0])])[0]
    assert beside - plain == pytest.approx(2 * own, abs=1e-4)


def test_smoothing_makes_a_loss_that_is_lowest_at_a_margin_of_its_own():
    margins = torch.linspace(-10, 10, 201)
    losses = pair_losses(margins, torch.zeros(201), beta=1.0, smoothing=0.1, tokens=torch.ones(201, 2))
    assert margins[losses.argmin()].item() == pytest.approx(torch.logit(torch.tensor(0.9)).item(), abs=0.1)


@pytest.mark.parametrize("loss_type", ["kto", "apo_zero_unpaired"])
def test_kto_s_loss_is_trl_s_on_the_same_answers_and_weights(loss_type, tiny_model, tmp_path):
    rows = [example if at % 3 else one_by_one([example])[1] for at, example in enumerate(pairs())]
    rows = [one_by_one([row])[0] if row.rejected else row for row in rows]
    assert [row.label for row in rows] == [False, True, True, False, True, True]
    settings = {"beta": 0.3, "loss_type": loss_type, "desirable_weight": 0.5, "undesirable_weight": 1.5}
    loaded, _, task = prepared(tiny_model, "kto", train=rows, **settings)
    trainer = trl_trainer(loaded, rows, tmp_path, kto=True, train_sampling_strategy="sequential", **settings)
    moved(loaded)
    part = task.loss(range(6))
    assert part.measures["kl"] > 0 or loss_type != "kto"  # at 0 a wrong estimate would not show
    assert (part.total / part.weight).item() == pytest.approx(trl_loss(trainer, loaded), abs=1e-4)


# ---- learning


@pytest.mark.parametrize("through", ["lora", "qlora", "adapter", "full"])
@pytest.mark.parametrize("name", ["dpo", "kto"])
def test_the_margin_rises_on_a_learnable_toy_and_on_pairs_never_seen(name, through, tiny_model):
    spec = spec_of(name, through=through)
    method, settings = registry.method_of(spec), METHODS[name].Settings(**spec.settings)
    loaded = models.load(str(tiny_model), quantization=method.quantization)
    base = probe_logits(loaded)
    attach(method, loaded, settings, seed=0)
    splits = {"train": pairs(8), "validation": pairs(12)[8:]}
    task = method.task(loaded, settings, splits=splits, spec=spec, run=rundir.create(spec))
    loaded.model.eval()
    with torch.no_grad():
        before = task.held_out()
    fit = start(loaded.model, settings, seed=0)
    loaded.model.train()
    for _ in range(15):
        measures = train_step(fit, task, range(len(task.lengths)), settings, rate=5e-3)
    loaded.model.eval()
    with torch.no_grad():
        after = task.held_out()
    assert before["margin"] == pytest.approx(0, abs=1e-4)
    assert measures["accuracy"] == 1 and measures["margin"] > 0.1
    assert after["margin"] > 0.1 and after["accuracy"] == 1 and after["loss"] < before["loss"]
    assert after["chosen_reward"] > after["rejected_reward"]
    if method.adapter:
        with loaded.base():
            assert torch.equal(probe_logits(loaded), base)


@pytest.mark.parametrize("name", ["dpo", "kto"])
def test_a_step_in_parts_weighs_every_row_as_one_step_does(name, tiny_model):
    settings = {"loss_type": "sigmoid"} if name == "dpo" else {"loss_type": "apo_zero_unpaired"}
    loaded, _, task = prepared(tiny_model, name, **settings)
    moved(loaded)
    whole, parts = task.loss(range(4)), [task.loss([0]), task.loss([1, 2, 3])]
    assert sum(part.total.item() for part in parts) == pytest.approx(whole.total.item(), abs=1e-4)
    assert sum(part.weight for part in parts) == whole.weight


def test_threads_take_pairs_but_not_where_noise_is_drawn_nor_the_rows_of_kto_which_hang_together(tiny_model):
    divides = {name: prepared(tiny_model, name)[2].divides for name in ("dpo", "kto")}
    assert divides == {"dpo": True, "kto": False}
    assert not prepared(tiny_model, "dpo", dropout=0.1)[2].divides


def test_a_pair_teaches_kto_one_good_and_one_bad_answer():
    good, bad = one_by_one(pairs(1))
    assert (good.label, bad.label) == (True, False) and good.prompt == bad.prompt
    assert good.completion.endswith("asking.") and bad.completion.endswith("away!")
    assert one_by_one([good, bad]) == [good, bad]


# ---- the reference


def test_the_reference_is_computed_once_and_kept_in_the_run(tiny_model, monkeypatch):
    spec = spec_of()
    run = rundir.create(spec)
    _, _, first = prepared(tiny_model, "dpo", validation=pairs(8)[6:], run=run)
    kept = json.loads(run.file("reference").read_text())
    assert len(kept) == 16 and all(value < 0 for value in kept.values())
    monkeypatch.setattr("engine.methods._preference.plain_logps", None)  # would fail if it were called
    loaded, _, again = prepared(tiny_model, "dpo", validation=pairs(8)[6:], run=run)
    assert first.loss(range(6)).total.item() == again.loss(range(6)).total.item()


def test_the_reference_is_the_model_without_its_adapter(tiny_model):
    loaded, _, task = prepared(tiny_model, "dpo", validation=pairs(8)[6:])
    assert task.loss(range(6)).measures["margin"] == pytest.approx(0, abs=1e-3)
    moved(loaded)
    late = task_on(loaded)  # though the adapter has moved
    assert late.loss(range(6)).total.item() == pytest.approx(task.loss(range(6)).total.item(), abs=1e-4)


def test_a_stop_while_the_reference_is_computed_keeps_what_there_is(tiny_model):
    run = rundir.create(spec_of())
    run.file("stop").touch()
    with pytest.raises(Stopped):
        prepared(tiny_model, "dpo", run=run)
    assert json.loads(run.file("reference").read_text())


def test_a_forecast_needs_no_reference(tiny_model):
    spec = spec_of()
    loaded, given = models.load(str(tiny_model)), METHODS["dpo"].Settings()
    attach(METHODS["dpo"], loaded, given, seed=0)
    task = METHODS["dpo"].task(loaded, given, splits={"train": pairs()}, spec=spec, run=None)
    assert task.loss([0, 1]).total.requires_grad and len(task.lengths) == 6


# ---- whole runs


def written(folder, rows) -> str:
    path = folder / f"{len(list(folder.iterdir()))}.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return str(path)


def pair_rows(count: int, first: int = 0) -> list[dict]:
    shown = pairs(first + count)[first:]
    return [{"prompt": e.question, "chosen": e.completion, "rejected": e.rejected} for e in shown]


def run_spec(tmp_path, tiny_model, method="dpo", **changes) -> RunSpec:
    train, test = written(tmp_path, pair_rows(24)), written(tmp_path, pair_rows(8, first=24))
    values = {
        "model": str(tiny_model),
        "data": DataSpec(train=Source(path=train), suites={"unseen": Source(path=test)}),
        "method": method,
        "settings": {"epochs": 3, "batch_size": 6, "learning_rate": 5e-3},
        "metrics": ("preference_accuracy", "preference_margin", "answer_loss", "token_f1"),
        "primary": Primary(metric="preference_accuracy", suite="unseen"),
        "decoding": Decoding(max_new_tokens=8),
    }
    return RunSpec(**values | changes)


def weights_hash(run) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(run.model.glob("*.safetensors")))).hexdigest()


@pytest.mark.parametrize("method", ["dpo", "kto"])
def test_a_run_shows_a_margin_that_grew_by_the_reward_over_beta(method, tmp_path, tiny_model):
    run = finished(run_spec(tmp_path, tiny_model, method))
    changes = {change["metric"]: change for change in run.comparison()["changes"]}
    assert changes["preference_margin"]["difference"] > 1 and changes["preference_margin"]["n"] == 8
    assert changes["preference_accuracy"]["after"] == 1
    log = rundir.training_log(run)
    assert all({"margin", "accuracy", "loss"} <= line.keys() for line in log)
    assert {line["kind"] for line in log} == {"train", "validation"}
    assert atomic.read_json(run.file("training"))["base_proof"] == {"max_abs_difference": 0.0, "equal": True}


@pytest.mark.parametrize("through", ["lora", "full"])
def test_a_stopped_run_resumes_to_the_weights_of_one_never_stopped(through, tmp_path, tiny_model):
    settings = {"epochs": 6, "batch_size": 6, "through": through, "learning_rate": 1e-3}
    calm = finished(run_spec(tmp_path, tiny_model, settings=settings, title="calm"))
    with stopped_at(7):
        run = launch.start(run_spec(tmp_path, tiny_model, settings=settings, title="stopped"))
    assert rundir.state(run) == "stopped" and list(run.checkpoints.glob("step-7/manifest.json"))
    reference = run.file("reference").read_bytes()
    with in_this_process():
        launch.resume(run)
    assert rundir.state(run) == "done", run.file("log").read_text()
    assert run.file("reference").read_bytes() == reference
    assert weights_hash(run) == weights_hash(calm)


@pytest.mark.parametrize(
    ("method", "rows", "says"),
    [
        ("dpo", [{"question": f"Question {n}?", "answer": f"Answer {n}."} for n in range(20)], "LoRA"),
        ("dpo", [{"prompt": f"Q{n}?", "completion": f"A{n}.", "label": "good"} for n in range(20)], "KTO"),
        ("kto", [{"question": f"Question {n}?", "answer": f"Answer {n}."} for n in range(20)], "LoRA"),
        ("lora", [{"prompt": f"Q{n}?", "completion": f"A{n}.", "label": "good"} for n in range(20)], "KTO"),
    ],
)
def test_rows_of_the_wrong_kind_are_refused_with_the_methods_that_fit(method, rows, says, tmp_path):
    spec = RunSpec(data=DataSpec(train=Source(path=written(tmp_path, rows))), method=method)
    with pytest.raises(UserError, match=f"cannot learn from .*row 1.*Methods that fit these rows: .*{says}"):
        prepare(spec, rundir.create(spec))
