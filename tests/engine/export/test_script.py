"""An exported script trains the same thing with trl, peft and transformers alone; its process has nothing of ours."""

import json
import os
import subprocess
import sys

import pytest

from engine.export import make
from engine.rundir import training_log

GENERAL = [{"question": f"Say {n} in words.", "answer": f"Number {n}."} for n in range(40)]


def ran(folder, tiny_model, *, seconds=1800):
    """Run train.py where it lies. Nothing of ours is on the path of that process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KURABE"))}
    clean |= {"MODEL": str(tiny_model), "HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1"}
    probe = [sys.executable, "-c", "import engine"]
    assert subprocess.run(probe, cwd=folder, env=clean, capture_output=True).returncode == 1
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=folder, env=clean, capture_output=True, text=True, timeout=seconds
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def exported(run, folder):
    [*_, last] = make.export(run, "script", folder)
    assert last.details["passed"] is None and (folder / "train.py").exists()
    return folder


def losses(folder, key="loss"):
    lines = [json.loads(line) for line in (folder / "losses.jsonl").read_text().splitlines()]
    return [line[key] for line in lines if key in line]


def test_instruction_tuning_by_the_script_goes_the_run_s_way_step_by_step(finish, tiny_model, tmp_path):
    run = finish("instruction", {"through": "lora", "rank": 4, "general_share": 0.3}, mix=GENERAL)
    said = ran(exported(run, tmp_path / "script"), tiny_model)
    own = [line["loss"] for line in training_log(run) if line["kind"] == "train"]
    assert losses(tmp_path / "script") == pytest.approx(own, rel=2e-3)
    held_out = [line["loss"] for line in training_log(run) if line["kind"] == "validation"]
    assert losses(tmp_path / "script", "eval_loss")[-1] == pytest.approx(held_out[-1], rel=2e-3)
    assert said.count("\nA: ") == 3
    assert_learnt(tmp_path / "script" / "adapter", tiny_model, own)


PAIRS = [
    {"prompt": f"Say something of box {n}.", "chosen": f"Box {n} is kind, thank you.", "rejected": f"No. {n}!"}
    for n in range(24)
]
TEXTS = [{"text": f"Shop {n} is open from {n} to nine. It sells cheese."} for n in range(20)]
OTHERS = {
    # Together they take steps so large that rounding shows after the first one: hence the small rate.
    "lora+, dora, rslora": (
        "lora",
        {"b_ratio": 8, "rank": 4, "dora": True, "rank_stabilised": True, "learning_rate": 1e-4},
        None,
    ),
    "pissa": ("lora", {"init": "pissa", "rank": 4, "learning_rate": 1e-3}, None),
    "qlora": ("qlora", {"rank": 4}, None),
    "full": ("full", {"learning_rate": 1e-3, "schedule": "cosine"}, None),
    "ia3": ("ia3", {"learning_rate": 3e-2}, None),
    "prompt tuning": ("prompt_tuning", {"learning_rate": 3e-2, "prompt_length": 4}, None),
    "bottleneck adapter": ("adapter", {}, None),
    "pretraining": ("continued_pretraining", {"through": "lora", "rank": 4}, TEXTS),
    "dpo": ("dpo", {"through": "lora", "rank": 4, "learning_rate": 1e-3}, PAIRS),
    "kto": ("kto", {"through": "lora", "rank": 4, "learning_rate": 1e-3}, PAIRS),
}
LOOSE = {"pissa": 1e-2}  # its start is a randomised decomposition of its own


@pytest.mark.slow
@pytest.mark.parametrize("case", OTHERS)
def test_the_script_of_every_method_goes_the_run_s_way(case, finish, tiny_model, tmp_path):
    method, settings, rows = OTHERS[case]
    run = finish(method, settings, rows=rows)
    ran(exported(run, tmp_path / "script"), tiny_model)
    own = [line["loss"] for line in training_log(run) if line["kind"] == "train"]
    assert losses(tmp_path / "script") == pytest.approx(own, rel=LOOSE.get(case, 1e-3))
    if method == "lora":
        assert_learnt(tmp_path / "script" / "adapter", tiny_model, own)


@pytest.mark.slow
def test_the_script_of_rlhf_learns_a_reward_model_and_trains_against_it(finish, tiny_model, tmp_path):
    settings = {"through": "lora", "rank": 4, "epochs": 1, "max_new_tokens": 6, "completions": 2}
    run = finish("rlhf", settings, rows=PAIRS)
    ran(exported(run, tmp_path / "script"), tiny_model)
    assert len(losses(tmp_path / "script", "reward")) >= 4
    assert (tmp_path / "script" / "adapter" / "adapter_model.safetensors").exists()


def assert_learnt(adapter, tiny_model, own) -> None:
    """The saved adapter loads on the base model as it was, and is the one that was trained: the rows are likelier."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    tuned = PeftModel.from_pretrained(base, adapter)
    total, before = [], []
    for line in (adapter.parent / "train.jsonl").read_text().splitlines():
        row = json.loads(line)
        prompt = tokenizer.apply_chat_template(row["prompt"], add_generation_prompt=True)["input_ids"]
        answer = tokenizer(row["completion"] + tokenizer.eos_token)["input_ids"]
        ids = torch.tensor([[*prompt, *answer]])
        labels = torch.tensor([[-100] * len(prompt) + answer])
        with torch.no_grad():
            total.append(tuned(input_ids=ids, labels=labels).loss.item())
            with tuned.disable_adapter():
                before.append(tuned(input_ids=ids, labels=labels).loss.item())
    assert sum(total) / len(total) < min(sum(before) / len(before), own[0]) - 0.2
