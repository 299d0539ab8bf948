"""A reward model learnt from preferences: an adapter of its own on the policy's base model, and a linear score.

The policy and the reward model are two adapters on one model, so the base weights are in memory once; which of them
answers is a switch. The score is read where an answer ends. Source: Ouyang et al. 2022,
https://arxiv.org/abs/2203.02155.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from engine.atomic import read_json, write_json
from engine.rundir import Run
from engine.schema import Example, RunSpec

POLICY, REWARD = "default", "reward"  # peft's names of the two adapters
HEAD, FACTS = "head.safetensors", "reward.json"
RANK = 16  # as lora's default


@dataclass
class RewardModel:
    """An adapter on loaded.model with its score, in fp32: head (hidden,), and mean (), the mean score of the answers it
    was trained on, which counts as 0."""

    loaded: Any
    adapter: str
    head: Any
    mean: Any
    facts: Mapping[str, Any]

    def score(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """The reward of each row of tokens: prompt, answer and its end-of-turn. The difference of two rewards is the
        log-odds that the one answer is preferred to the other."""
        import torch

        from engine.training.batches import filled

        values: list[float] = []
        with torch.no_grad(), answering(self.loaded, self.adapter, train=False):
            for places in filled([len(row) for row in rows]):
                part = [rows[at] for at in places]
                values += (raw_scores(self.loaded.core, self.head, part) - self.mean).tolist()
        return values


@contextmanager
def answering(loaded: Any, adapter: str, *, train: bool) -> Iterator[None]:
    """Inside, that adapter alone is on (and, with `train`, trainable); afterwards the policy again, in the mode it was
    in."""
    training = loaded.model.training
    loaded.model.set_adapter(adapter, inference_mode=not train)
    loaded.model.train(train)
    try:
        yield
    finally:
        if adapter != POLICY:
            loaded.model.set_adapter(POLICY)
        loaded.model.train(training)


def raw_scores(core: Any, head: Any, rows: Sequence[Sequence[int]]) -> Any:
    """The scores (rows,) in fp32, not centred, with gradient: head . h / sqrt(hidden), h the last token's state."""
    import torch

    from engine.packing import hidden_states, pack

    packed = pack(rows, device=core.device)
    last = packed.rows[torch.arange(len(rows), device=core.device), packed.lengths - 1]
    states = hidden_states(core, packed)[last].float()
    return states @ head / states.shape[1] ** 0.5


def add(loaded: Any) -> RewardModel:
    """An untrained reward model on the policy's base: every answer has reward 0. Adds the adapter in place."""
    import torch

    loaded.model.add_adapter(REWARD, _like(loaded.model.peft_config[POLICY]))
    loaded.model.set_adapter(POLICY)
    width = loaded.core.get_input_embeddings().embedding_dim
    return RewardModel(
        loaded, REWARD, torch.zeros(width, device=loaded.device), torch.zeros((), device=loaded.device), {}
    )


def _like(policy: Any) -> Any:
    """A configuration of the policy's kind, as peft wants of all adapters on one model; LoRA without its extras."""
    from peft import LoraConfig

    if not isinstance(policy, LoraConfig):
        return deepcopy(policy)
    return LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=policy.target_modules, task_type="CAUSAL_LM")


def save(model: RewardModel, run: Run) -> None:
    """Write run.reward aside, then rename it: where it exists it is whole."""
    from safetensors.torch import save_file

    building = run.reward.with_name(f".{run.reward.name}.tmp")
    shutil.rmtree(building, ignore_errors=True)
    model.loaded.model.save_pretrained(building, safe_serialization=True, selected_adapters=[REWARD])
    save_file({"head": model.head.contiguous(), "mean": model.mean.contiguous()}, building / REWARD / HEAD)
    write_json(building / REWARD / FACTS, model.facts)
    (building / REWARD).replace(run.reward)
    shutil.rmtree(building, ignore_errors=True)


def load(loaded: Any, run: Run) -> RewardModel:
    """The reward model of run.reward beside the policy."""
    loaded.model.load_adapter(str(run.reward), REWARD, is_trainable=False)
    loaded.model.set_adapter(POLICY)
    return _with_head(loaded, REWARD, run)


def _with_head(loaded: Any, adapter: str, run: Run) -> RewardModel:
    from safetensors.torch import load_file

    kept = load_file(run.reward / HEAD, device=loaded.device)
    return RewardModel(loaded, adapter, kept["head"], kept["mean"], read_json(run.reward / FACTS))


def judge(run: Run, *, spec: RunSpec, quantization: str) -> Any:
    """What gives answers their reward by the run's reward model: a callable from (example, answer) pairs to rewards.
    None where the run has learnt no reward model."""
    from engine.models import answer_tokens, load_tuned, prompt_tokens

    if not run.reward.exists():
        return None
    loaded = load_tuned(spec, run.reward, quantization=quantization, adapter=True, merge=False)
    model = _with_head(loaded, POLICY, run)

    def rewards(answers: Sequence[tuple[Example, str]]) -> list[float]:
        tokenizer = loaded.tokenizer
        return model.score(
            [
                (*prompt_tokens(tokenizer, example.prompt, spec.system), *answer_tokens(tokenizer, text))
                for example, text in answers
            ]
        )

    return rewards
