"""The code of a run can be read, by every method, before the run has begun; what it says is what the run does."""

import ast
import json
import subprocess
import sys

import pytest

from engine import atomic, launch, registry, rundir
from engine.export import facts
from engine.export.code import STANDARD, code, why_not
from engine.schema import UserError
from engine.training.batches import epoch_batches
from engine.training.loop import learning_rate
from tests.engine.runs import tiny_spec

CASES = {
    **{name: (name, {}) for name in ("lora", "qlora", "full", "ia3", "prompt_tuning", "adapter")},
    "lora with its options": ("lora", {"rank_stabilised": True, "dora": True, "b_ratio": 16, "target": "attention"}),
    "lora from pissa": ("lora", {"init": "pissa", "dropout": 0.1, "neftune_alpha": 5, "schedule": "cosine"}),
    "instruction, packed": ("instruction", {"through": "qlora", "pack_tokens": 256, "patience": 2}),
    "pretraining": ("continued_pretraining", {"through": "full", "schedule": "constant", "keep_best": False}),
    "dpo": ("dpo", {"through": "lora", "loss_type": "exo_pair"}),
    "dpo through all weights": ("dpo", {"through": "full", "sft_weight": 0}),
    "kto": ("kto", {"through": "adapter"}),
    "rlhf": ("rlhf", {"through": "lora"}),
    "rlhf by grpo": ("rlhf", {"through": "qlora", "algorithm": "grpo"}),
}


@pytest.fixture
def drafted(tmp_path, tiny_model):
    """A run of a method that has not begun."""

    def draft(method, settings, **changes):
        spec = tiny_spec(tmp_path, tiny_model, method=method, settings=settings, **changes)
        return rundir.create(launch.check(spec))

    return draft


@pytest.mark.parametrize("case", CASES)
def test_every_method_s_code_is_clean_python_that_imports_what_it_uses_and_nothing_of_ours(case, drafted, tmp_path):
    script = code(drafted(*CASES[case]))
    modules = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    known = {*STANDARD, "pathlib", "torch", "datasets", "peft", "transformers", "trl", "bottleneck_adapter"}
    assert {name.split(".")[0] for name in modules} <= known
    assert ("bottleneck_adapter" in modules) == ("adapter" in CASES[case][0] + CASES[case][1].get("through", ""))
    (tmp_path / "train.py").write_text(script)
    rules = ["--isolated", "--select", "E,F,W", "--line-length", "120", "--target-version", "py311"]
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *rules, str(tmp_path / "train.py")], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout


def test_the_methods_of_the_registry_all_have_a_template():
    assert set(registry.methods()) <= {method for method, _ in CASES.values()}


def functions(script, *names, **values):
    """Functions of a script by name, made with these values and nothing else of it."""
    kept = [node for node in ast.parse(script).body if isinstance(node, ast.FunctionDef) and node.name in names]
    import math
    import random

    space = {"random": random, "math": math, **values}
    exec(compile(ast.Module(kept, []), "train.py", "exec"), space)
    return [space[name] for name in names]


@pytest.mark.parametrize("packed", [0, 90])
def test_the_order_of_rows_in_the_code_is_the_run_s(packed, drafted):
    run = drafted("instruction", {"through": "lora", "pack_tokens": packed, "epochs": 3, "batch_size": 4}, seed=7)
    lengths = [(at * 37) % 50 + 5 for at in range(61)]
    [batches] = functions(code(run), "batches", SEED=7, EPOCHS=3, BATCH=4, PACK_TOKENS=packed)
    own = [b for e in range(3) for b in epoch_batches(lengths, batch_size=4, seed=7, epoch=e, tokens=packed)]
    assert batches(lengths) == own


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_the_rate_of_each_step_in_the_code_is_the_run_s(schedule, drafted):
    run = drafted("lora", {"schedule": schedule, "warmup_share": 0.2, "learning_rate": 0.01})
    [share] = functions(code(run), "share_of_rate", WARMUP=0.2, STEPS=[None] * 30)
    settings = facts.settings(run)
    assert [0.01 * share(step) for step in range(30)] == pytest.approx(
        [learning_rate(settings, step, 30) for step in range(30)], rel=1e-5
    )


def test_a_run_rewarded_by_a_metric_of_ours_has_no_script_and_says_why(drafted):
    run = drafted("rlhf", {"through": "lora", "reward": "metric", "reward_metric": "brand_rules"})
    assert why_not(run) == "reward_by_metric"
    with pytest.raises(UserError, match="trl does not have"):
        code(run)


def test_a_chain_says_which_model_it_begins_with_and_tells_no_path(finish, tmp_path, tiny_model):
    first = finish()
    spec = tiny_spec(tmp_path, tiny_model, model=f"run:{first.id}")
    script = code(rundir.create(spec))
    assert f"merged-{first.id}" in script and "Export that one as merged" in script
    assert str(tiny_model.parent) not in script and str(tiny_model.parent) not in code(first)


def test_the_rows_beside_are_those_the_run_saw(finish, tmp_path):
    from engine.export import rows

    mix = [{"question": f"Count to {n}.", "answer": f"{n}."} for n in range(30)]
    run = finish("instruction", {"through": "lora", "general_share": 0.5}, mix=mix)
    counts = rows.write(run, tmp_path, settings=facts.settings(run))
    train = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    training = atomic.read_json(run.file("training"))
    assert counts["train"] == len(train) == training["own_rows"] + training["general_rows"]
    assert training["general_rows"] == len([row for row in train if row["prompt"][0]["role"] != "system"]) > 0
    assert counts["test"] == 9 and "suite" in (tmp_path / "test.jsonl").read_text()


def test_pairs_become_what_each_method_of_trl_takes(finish, tmp_path):
    from engine.export import rows

    pairs = [{"prompt": f"Box {n}?", "chosen": f"Thanks! {n}", "rejected": f"No {n}"} for n in range(12)]
    keys = {}
    for method in ("dpo", "kto", "rlhf"):
        run = rundir.create(finish().spec().model_copy(update={"method": method, "settings": {"through": "lora"}}))
        source = finish("dpo", {"through": "lora", "epochs": 1}, rows=pairs)
        for split in ("train", "test"):
            run.examples_file(split).write_bytes(source.examples_file(split).read_bytes())
        folder = tmp_path / method
        folder.mkdir()
        rows.write(run, folder, settings=facts.settings(run))
        keys[method] = set(json.loads((folder / "train.jsonl").read_text().splitlines()[0]))
        assert (folder / "pairs.jsonl").exists() == (method == "rlhf")
    assert keys == {
        "dpo": {"prompt", "chosen", "rejected"},
        "kto": {"prompt", "completion", "other", "label"},
        "rlhf": {"prompt"},
    }


@pytest.mark.parametrize(
    ("method", "weights", "mixed"), [("full", "float32", "bf16=True"), ("lora", "bfloat16", "bf16=False")]
)
def test_a_run_in_bf16_keeps_fp32_weights_where_they_are_trained(method, weights, mixed, drafted):
    run = drafted(method, {})
    atomic.write_json(run.file("training"), {"dtype": "bfloat16"})
    script = code(run)
    assert f"dtype=torch.{weights})" in script and mixed in script
