"""Answering: ours against transformers' generate, the same prompts, greedy, fp32, in turns in one process."""

import statistics
import time
from collections.abc import Callable

import torch

from engine import models, specs
from engine.data.load import load
from engine.decoding import generate
from engine.prepacked import prepacked
from engine.schema import Decoding

LIMIT = 48
ROUNDS = 2
PEER_BATCHES = (8, 64)


def prompts_of(preset: str, loaded: models.Loaded) -> list[list[int]]:
    """The token prompts of the use case's deciding suite, in the file's order."""
    spec = specs.resolve_spec(preset)
    examples = load(spec.data.suites[spec.primary.suite], suite=spec.primary.suite).examples
    return [models.prompt_tokens(loaded.tokenizer, example.prompt, spec.system) for example in examples]


def ours(loaded: models.Loaded, prompts: list[list[int]]) -> list[list[int]]:
    loaded.model.set_attn_implementation("kurabe_packed")
    with prepacked(loaded.core):  # as the evaluation does; laying the weights out is part of what is timed
        answers = generate(loaded, prompts, max_new_tokens=LIMIT, batch_size=Decoding().batch_size)
    return [answer.tokens for answer in answers]


def peer(loaded: models.Loaded, prompts: list[list[int]], batch_size: int) -> list[list[int]]:
    """transformers' generate in the order given, prompts padded on the left, the end token cut off."""
    loaded.model.set_attn_implementation("sdpa")
    answers = []
    for first in range(0, len(prompts), batch_size):
        batch = prompts[first : first + batch_size]
        longest = max(map(len, batch))
        ids = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in batch], device=loaded.device)
        starts = torch.tensor([longest - len(prompt) for prompt in batch], device=loaded.device)
        mask = (torch.arange(longest, device=loaded.device) >= starts[:, None]).long()
        with torch.no_grad():
            out = loaded.model.generate(
                input_ids=ids, attention_mask=mask, max_new_tokens=LIMIT, do_sample=False, pad_token_id=0,
                eos_token_id=loaded.stop_tokens,
            )  # fmt: skip
        for row in out[:, longest:].tolist():
            end = next((at for at, token in enumerate(row) if token in loaded.stop_tokens), len(row))
            answers.append(row[:end])
    return answers


def timed(work: Callable[[], list[list[int]]]) -> tuple[list[list[int]], float]:
    """The answers and the tokens per second that count (padding after the end does not)."""
    begun = time.perf_counter()
    answers = work()
    return answers, sum(map(len, answers)) / (time.perf_counter() - begun)


def main() -> None:
    """Print tokens per second of each, the ratios, and how many answers are the same token by token."""
    loaded = models.load("smollm2-135m-instruct")
    prompts = prompts_of("company_faq", loaded)
    speeds: dict[str, list[float]] = {"kurabe": []} | {f"generate, batches of {size}": [] for size in PEER_BATCHES}
    same = {}
    for _ in range(ROUNDS):
        mine, speed = timed(lambda: ours(loaded, prompts))
        speeds["kurabe"].append(speed)
        for size in PEER_BATCHES:
            theirs, speed = timed(lambda size=size: peer(loaded, prompts, size))
            speeds[f"generate, batches of {size}"].append(speed)
            same[size] = sum(a == b for a, b in zip(mine, theirs, strict=True))
    for name, values in speeds.items():
        print(f"answering, {name:24} {statistics.median(values):6.0f} tokens/s")
    for size in PEER_BATCHES:
        ratio = statistics.median(speeds["kurabe"]) / statistics.median(speeds[f"generate, batches of {size}"])
        equal = f"{same[size]} of {len(prompts)} answers the same"
        print(f"answering, kurabe : generate in batches of {size} = {ratio:.2f} : 1, {equal}")


if __name__ == "__main__":
    main()
