"""What a model says to each item of a test, and how likely it finds the answers that are given: item by item, so that
an interrupted evaluation goes on."""

from collections.abc import Callable, Sequence
from itertools import islice
from os.path import commonprefix
from threading import Lock
from typing import Any

from engine import threads
from engine.decoding import Answer, generate
from engine.kept import Kept, Loss
from engine.metrics.declining import refusals
from engine.models import Loaded, prompt_tokens
from engine.prepacked import prepacked
from engine.schema import Example, Output, RunSpec
from engine.training.batches import Row, filled, tokenize
from engine.training.loss import row_losses

ATTENTION_SHARE = 16  # times cheaper for attention to see a token than for the model to compute it

Progress = Callable[[int, int, str], None]
Asked = tuple[tuple[str, ...], str | None]


def answer(
    loaded: Loaded, examples: Sequence[Example], *, spec: RunSpec, progress: Progress, so_far: Kept | None = None
) -> list[Output]:
    """The greedy answer to every example's prompt, with the likelihood of the reference, of each alternative and, where
    declining is judged, of a refusal. A plain text is not asked: its answer is empty.

    What `so_far` holds is not asked again, and counts as done; whatever is finished is added to it.
    """
    so_far = so_far or Kept()
    asked = asked_of(examples, spec)
    with prepacked(loaded.core):
        _say(loaded, examples, spec=spec, progress=progress, so_far=so_far)
        _measure(loaded, examples, asked, spec=spec, progress=progress, so_far=so_far)
    return [
        Output(**{"text": "", **so_far.said.get(at, {})}, **_likelihoods(so_far.losses.get(at, []), *asked[at]))
        for at in range(len(examples))
    ]


def _say(loaded: Loaded, examples: Sequence[Example], *, spec: RunSpec, progress: Progress, so_far: Kept) -> None:
    """The answers that are missing, each kept as soon as it ends."""
    missing = [at for at, example in enumerate(examples) if example.prompt and at not in so_far.said]
    before, of = len(so_far.said), len(examples)

    def finished(place: int, given: Answer) -> None:
        said = {"text": given.text(loaded.tokenizer), "tokens": len(given.tokens), "seconds": round(given.seconds, 4)}
        so_far.keep_answer(missing[place], said | {"truncated": given.truncated})

    generate(
        loaded,
        [prompt_tokens(loaded.tokenizer, examples[at].prompt, spec.system) for at in missing],
        max_new_tokens=spec.decoding.max_new_tokens,
        batch_size=spec.decoding.batch_size,
        progress=lambda done: progress(before + done, of, "answers"),
        finished=finished,
    )


def asked_of(examples: Sequence[Example], spec: RunSpec) -> list[Asked]:
    """The texts whose likelihood is taken for each example: (its reference, then its alternatives; none where there is
    no reference) and a refusal, None where none is asked for."""
    declined = refusals(examples, spec.metrics)
    return [
        ((example.completion, *example.alternatives) if example.completion else (), refusal)
        for example, refusal in zip(examples, declined, strict=True)
    ]


def _measure(
    loaded: Loaded,
    examples: Sequence[Example],
    asked: Sequence[Asked],
    *,
    spec: RunSpec,
    progress: Progress,
    so_far: Kept,
) -> None:
    """The likelihoods that are missing, by batches of whole items: a question is computed once for all its answers.

    The batches are those of the whole test, so that a resumed evaluation gives the same numbers to the last bit.
    """
    rows: dict[int, list[Row]] = {}
    for at, (example, (texts, refusal)) in enumerate(zip(examples, asked, strict=True)):
        if wanted := [*texts, *([refusal] if refusal else [])]:
            rows[at] = [tokenize(loaded.tokenizer, _with_answer(example, text), system=spec.system) for text in wanted]
    items = list(rows)
    batches = [[items[at] for at in places] for places in filled(_sizes(list(rows.values())))]
    batches = [batch for batch in batches if any(at not in so_far.losses for at in batch)]
    lock, left = Lock(), [len([at for at in items if at not in so_far.losses])]

    def measure(batch: Sequence[int]) -> None:
        together = [row for at in batch for row in rows[at]]
        means = iter(zip(row_losses(loaded.core, together), together, strict=True))
        with lock:
            for at in batch:
                losses = [(loss, len(row.labels)) for loss, row in islice(means, len(rows[at]))]
                if at not in so_far.losses:
                    so_far.keep_losses(at, losses)
                    left[0] -= 1
            progress(len(examples) - left[0], len(examples), "likelihood")

    threads.each(measure, batches, workers=threads.workers(len(batches), device=loaded.device, least=1))


def _sizes(items: Sequence[Sequence[Row]]) -> list[int]:
    """How many tokens of each item, the rows of its answers, have to be computed: its prompt once, and not what all
    items begin with, such as the examples of a prompt; but at least a share of all its tokens, since attention sees
    them all."""
    ends = [row.tokens for rows in items for row in rows]
    shared = len(commonprefix(ends))
    sizes = []
    for rows in items:
        own = max(0, rows[0].start - shared) + sum(len(row.labels) for row in rows)
        sizes.append(max(own, sum(len(row.tokens) for row in rows) // ATTENTION_SHARE))
    return sizes


def _likelihoods(losses: Sequence[Loss], texts: Sequence[str], refusal: str | None) -> dict[str, Any]:
    """The fields of an Output that hold likelihoods: of the reference, of each choice where there are several, of the
    refusal, which comes last."""
    found: dict[str, Any] = {"refusal_loss": losses[-1][0]} if refusal else {}
    if texts:
        found |= {"answer_loss": losses[0][0], "answer_tokens": losses[0][1]}
    if len(texts) > 1:
        of_choices = losses[: len(texts)]
        found["choice_losses"] = tuple(mean for mean, _ in of_choices)
        found["choice_tokens"] = tuple(count for _, count in of_choices)
    return found


def _with_answer(example: Example, text: str) -> Example:
    return Example(id=example.id, prompt=example.prompt, completion=text)
