"""An exported script trains the same thing with trl, peft and transformers alone; its process has nothing of ours."""

import json
import os
import subprocess
import sys

import pytest

from engine.export import make
from engine.rundir import training_log

GENERAL = [{"question": f"Say {n} in words.", "answer": f"Number {n}."} for n in range(40)]


# Each folder's train.py, one after the other in one process, so that the libraries are loaded once.
ONE_BY_ONE = """
import os, runpy, sys, traceback
for folder in sys.argv[1:]:
    os.chdir(folder)
    sys.path.insert(0, folder)
    before = set(sys.modules)
    try:
        runpy.run_path("train.py", run_name="__main__")
    except Exception:
        traceback.print_exc(file=open("failed.txt", "w"))
    sys.path.remove(folder)
    for name in set(sys.modules) - before:  # a module beside one script is not the next one's
        if str(getattr(sys.modules[name], "__file__", "")).startswith(folder):
            del sys.modules[name]
"""


def ran(tiny_model, *folders, seconds=1800):
    """Run the train.py of every folder where it lies. Nothing of ours is on the path of that process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "KURABE"))}
    clean |= {"MODEL": str(tiny_model), "HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1"}
    probe = [sys.executable, "-c", "import engine"]
    assert subprocess.run(probe, cwd=folders[0], env=clean, capture_output=True).returncode == 1
    one = ["train.py"] if len(folders) == 1 else ["-c", ONE_BY_ONE, *map(str, folders)]
    command = [sys.executable, *one]
    done = subprocess.run(command, cwd=folders[0], env=clean, capture_output=True, text=True, timeout=seconds)
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
    said = ran(tiny_model, exported(run, tmp_path / "script"))
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
RLHF = "rlhf, which learns a reward model and trains against it by random numbers of its own"
OTHERS[RLHF] = (
    "rlhf",
    {"through": "lora", "rank": 4, "epochs": 1, "max_new_tokens": 6, "completions": 2},
    PAIRS,
)
LOOSE = {"pissa": 1e-2}  # its start is a randomised decomposition of its own


@pytest.mark.slow
def test_the_script_of_every_method_goes_the_run_s_way(finish, tiny_model, tmp_path, subtests):
    runs = {case: finish(method, settings, rows=rows) for case, (method, settings, rows) in OTHERS.items()}
    folders = {case: exported(run, tmp_path / str(at)) for at, (case, run) in enumerate(runs.items())}
    ran(tiny_model, *folders.values())
    for case, folder in folders.items():
        with subtests.test(case):
            assert not (folder / "failed.txt").exists(), (folder / "failed.txt").read_text()
            own = [line["loss"] for line in training_log(runs[case]) if line["kind"] == "train"]
            if case == RLHF:
                assert len(losses(folder, "reward")) >= 4
                assert (folder / "adapter" / "adapter_model.safetensors").exists()
                continue
            assert losses(folder) == pytest.approx(own, rel=LOOSE.get(case, 1e-3))
            if OTHERS[case][0] == "lora":
                assert_learnt(folder / "adapter", tiny_model, own)


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
