"""A metric of Hugging Face's `evaluate` library as a Metric of ours, per item. See evaluate_name. No torch.

The module's code runs only in the process that scores: to show a result needs its name alone.
"""

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from engine import rundir
from engine.evaluate_name import is_named, parse, pinned
from engine.schema import EvalRow, Example, Message, Metric, MetricFailed, Output, UserError

_TRIALS = (("It takes 3 days.", "It takes 2 days."), ("3日かかります。", "2日かかります。"))


def metric(name: str) -> Metric:
    """The metric of that name. Its module is loaded when it first scores, not before: showing a result runs no code."""
    found = parse(name)
    return Metric(
        name=name,
        title=found.title,
        better=found.better,  # type: ignore[arg-type]
        score=partial(_score, name),
        minimum=found.minimum,
        unit=found.unit,
    )


def expect_usable(name: str) -> None:
    """Load the module and let it score two answers. Raises UserError saying what fails and what to do about it."""
    call = _load(pinned(name))
    for text, reference in _TRIALS:
        try:
            call(text, reference)
        except Exception as error:  # noqa: BLE001 - whatever the user's module raises, the user must see it
            raise UserError(
                f"metrics: '{parse(name).target}' was loaded but cannot compare two texts "
                f"({type(error).__name__}: {str(error)[:300]}). It must take one text as prediction and one as "
                "reference; options it needs go behind a question mark, such as ?lang=en&key=f1."
            ) from None


def in_all(*arms: Sequence[EvalRow]) -> tuple[list[EvalRow], ...]:
    """The arms' rows, without those metrics of the library that gave a score in one arm and none in another.

    To leave out single items would favour the arm whose answers the module cannot take. The arms have the same items.
    """
    rows = [row for arm in arms for row in arm]
    named = {name for row in rows for name in row.scores if is_named(name)}
    scored = {name: [{row.item for row in arm if row.scores.get(name) is not None} for arm in arms] for name in named}
    left_out = {
        name
        for name in named
        if any(name not in row.scores for row in rows) or any(items != scored[name][0] for items in scored[name])
    }
    if not left_out:
        return tuple(list(arm) for arm in arms)
    return tuple(
        [replace(row, scores={k: v for k, v in row.scores.items() if k not in left_out}) for row in arm] for arm in arms
    )


def _score(name: str, output: Output, example: Example) -> float | None:
    """The module's score of one answer. None where text is not compared (see metrics._words.has_text).

    Raises UserError where the module cannot be loaded, MetricFailed where it gives no finite number for this item.
    """
    from engine.metrics._words import has_text

    if not has_text(example):
        return None
    found, call = parse(name), _load(name)
    if found.empty is not None and not output.text.strip():
        return found.empty
    try:
        return call(output.text, example.completion, example.prompt)
    except Exception as error:  # noqa: BLE001 - the module is the user's; the other metrics must still be measured
        raise MetricFailed(f"item {example.id}: {type(error).__name__}: {str(error)[:300]}") from error


@cache
def _load(name: str) -> Callable[..., float | None]:
    """A function of (answer, reference, prompt) that gives the module's score for this one item."""
    found = parse(pinned(name))
    if not found.local and Path(found.target).exists():  # evaluate.load would take it for a path
        raise UserError(f"metrics: '{found.target}' is also a folder here. Write ./{found.target} if that is meant.")
    os.environ.setdefault("HF_MODULES_CACHE", str(rundir.home() / "cache" / "evaluate" / "modules"))
    import evaluate

    evaluate.config.HF_UPDATE_DOWNLOAD_COUNTS = False  # loading by id would report itself
    options = {"revision": found.revision} if found.revision else {}
    try:
        module = evaluate.load(
            str(found.file) if found.local else found.target,
            cache_dir=str(rundir.home() / "cache" / "evaluate"),
            keep_in_memory=True,
            **options,
        )
        features = module.features[0] if isinstance(module.features, list) else module.features
    except Exception as error:  # noqa: BLE001 - the module's own code runs here and may raise anything
        how = (
            "See that its folder holds NAME/NAME.py with one class made from evaluate.Metric, one import on a line, "
            "and that what it imports is installed."
            if found.local
            else "Where no hub can be reached, give the folder of a module instead: evaluate:./NAME."
        )
        raise UserError(
            f"metrics: the evaluate module '{found.target}' cannot be loaded ({type(error).__name__}: "
            f"{str(error)[:300]}). {how}"
        ) from None
    several = "references" in features and not hasattr(features["references"], "dtype")
    several = several or type(features.get("references")).__name__ in ("Sequence", "List", "LargeList")
    prompts = "prompts" in module.inputs_description

    def call(text: str, reference: str, prompt: tuple[Message, ...] = ()) -> float | None:
        extra = {"prompts": ["\n".join(message.content for message in prompt)]} if prompts else {}
        references = [[reference]] if several else [reference]
        result = module.compute(predictions=[text], references=references, **extra, **found.arguments)
        return _number(result, found.key or found.stem, chosen=bool(found.key))

    return call


def _number(result: Any, key: str, *, chosen: bool) -> float | None:
    """The score among a module's results: that of the key, or the only number there is. None where the key holds it."""
    if key in (result or {}) and result[key] is None:
        return None
    numbers = {name: number for name, value in (result or {}).items() if (number := _scalar(value)) is not None}
    if key not in numbers and not chosen and len(numbers) == 1:
        key = next(iter(numbers))
    if key not in numbers:
        raise ValueError(f"no result '{key}'; there are {', '.join(numbers) or 'none'}. Choose one with ?key=NAME")
    if not math.isfinite(numbers[key]):
        raise ValueError(f"the result '{key}' is {numbers[key]}")
    return numbers[key]


def _scalar(value: Any) -> float | None:
    """A number, or the only number in a list; None for what is neither."""
    value = value.tolist() if hasattr(value, "tolist") else value
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return float(value) if isinstance(value, int | float) else None
