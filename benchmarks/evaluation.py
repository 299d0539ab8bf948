"""A whole evaluation, both arms: 200 items by likelihood and 60 answers of 96 tokens. The aim is under 4 minutes on two
cores. Beside it transformers taking the same likelihoods row by row, in batches of 8.

    python -m benchmarks.evaluation [LIKELIHOODS ANSWERS]

The arms are base and a LoRA adapter folded into it that has learnt nothing, so both must give the same to the last bit.
No answer may end early, so that each has its 96 tokens.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from engine import answering, models, specs
from engine.data.load import load
from engine.kept import Kept
from engine.methods import lora
from engine.schema import Decoding, Example, Output, RunSpec, Source, silent
from engine.training.batches import Row, tokenize
from engine.training.train import attach

MODEL = "smollm2-135m-instruct"
LIMIT = 96
PEER_BATCH = 8
AIM_SECONDS = 240


class Endless(models.Loaded):
    """A model whose answers end by the limit alone."""

    stop_tokens = ()


@dataclass
class Arm:
    """What an arm gave, and the seconds it took to load it, to take the likelihoods and to answer."""

    outputs: list[Output]
    loading: float
    likelihood: float
    answers: float

    @property
    def seconds(self) -> float:
        return self.loading + self.likelihood + self.answers


def items(likelihoods: int, answers: int) -> tuple[RunSpec, list[Example], list[Example]]:
    """The spec of the use case company_faq, its items that are judged by likelihood (multiple choice first), and the
    questions that are answered."""
    spec = specs.resolve_spec("company_faq").model_copy(update={"decoding": Decoding(max_new_tokens=LIMIT)})
    suites = {name: load(source, suite=name).examples for name, source in spec.data.suites.items()}
    rows = [*suites["general"], *suites["reworded"], *load(Source(path=spec.data.train.path)).examples]
    asked = [replace(example, completion="") for example in suites["reworded"]]
    return spec, rows[:likelihoods], asked[:answers]


def ours(spec: RunSpec, judged: Sequence[Example], asked: Sequence[Example], adapter: Path | None) -> Arm:
    """The worker's path: load, take the likelihoods, answer."""
    begun = time.perf_counter()
    loaded = models.load(MODEL, adapter=adapter, merge=True)
    loaded = Endless(**{field.name: getattr(loaded, field.name) for field in fields(loaded)})
    loading, begun = time.perf_counter() - begun, time.perf_counter()
    not_asked = Kept(said={at: {} for at in range(len(judged))})
    outputs = answering.answer(loaded, judged, spec=spec, progress=silent, so_far=not_asked)
    likelihood, begun = time.perf_counter() - begun, time.perf_counter()
    outputs += answering.answer(loaded, asked, spec=spec, progress=silent)
    return Arm(outputs, loading, likelihood, time.perf_counter() - begun)


@torch.no_grad()
def peer(loaded: models.Loaded, rows: Sequence[Row]) -> list[float]:
    """Each row's loss per answer token by transformers' own forward: in the order given, padded on the right."""
    loaded.model.set_attn_implementation("sdpa")
    losses = []
    for first in range(0, len(rows), PEER_BATCH):
        batch = rows[first : first + PEER_BATCH]
        longest = max(len(row.tokens) for row in batch)
        ids = torch.tensor([[*row.tokens, *[0] * (longest - len(row.tokens))] for row in batch], device=loaded.device)
        lengths = torch.tensor([len(row.tokens) for row in batch], device=loaded.device)
        mask = (torch.arange(longest, device=loaded.device) < lengths[:, None]).long()
        logits = loaded.model(input_ids=ids, attention_mask=mask).logits
        for at, row in enumerate(batch):
            ends = slice(row.start - 1, len(row.tokens) - 1)
            losses.append(cross_entropy(logits[at, ends].float(), ids[at, row.start : len(row.tokens)]).item())
    return losses


def fresh_adapter(folder: Path) -> Path:
    """A folder with a LoRA adapter as it is before its first step."""
    loaded = models.load(MODEL)
    attach(lora.METHOD, loaded, lora.Settings(), seed=0)
    loaded.model.save_pretrained(folder)
    return folder


def peer_side(spec: RunSpec, judged: Sequence[Example]) -> tuple[list[float], float]:
    """The peer's losses of the reference and then the choices of each item, and its seconds without loading."""
    loaded = models.load(MODEL)
    begun = time.perf_counter()
    rows = [
        tokenize(loaded.tokenizer, replace(example, completion=text), system=spec.system)
        for example in judged
        for text in (example.completion, *example.alternatives)
    ]
    return peer(loaded, rows), time.perf_counter() - begun


def main(likelihoods: int = 200, answers: int = 60) -> None:
    """Print the seconds of each arm and in all, the share of the aim, and the likelihoods beside the peer's."""
    spec, judged, asked = items(likelihoods, answers)
    with tempfile.TemporaryDirectory() as folder:
        adapter = fresh_adapter(Path(folder))
        arms = {"base": ours(spec, judged, asked, None), "tuned": ours(spec, judged, asked, adapter)}
    theirs, seconds = peer_side(spec, judged)
    mine = [
        loss for output in arms["base"].outputs[: len(judged)] for loss in output.choice_losses or (output.answer_loss,)
    ]
    for name, arm in arms.items():
        speed = sum(output.tokens for output in arm.outputs) / arm.answers
        print(
            f"evaluation, {name:5} {arm.seconds:6.1f} s: loading {arm.loading:.1f} s, {len(judged)} items by "
            f"likelihood {arm.likelihood:.1f} s, {len(asked)} answers {arm.answers:.1f} s ({speed:.0f} tokens/s)"
        )
    total = sum(arm.seconds for arm in arms.values())
    scaled = "" if (len(judged), len(asked)) == (200, 60) else "; this was not the whole work"
    print(f"evaluation, both arms {total:.0f} s (aim: under {AIM_SECONDS} s{scaled})")
    alike = [replace(output, seconds=0.0) for output in arms["base"].outputs] == [
        replace(output, seconds=0.0) for output in arms["tuned"].outputs
    ]
    print(f"evaluation, base and an adapter that has learnt nothing give the same to the last bit: {alike}")
    ratio = seconds / arms["base"].likelihood
    apart = max(abs(a - b) for a, b in zip(mine, theirs, strict=True))
    print(
        f"likelihoods, kurabe : transformers in batches of {PEER_BATCH} = {ratio:.2f} : 1 "
        f"({arms['base'].likelihood:.1f} s and {seconds:.1f} s for {len(theirs)} texts, at most {apart:.1e} nats apart)"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
