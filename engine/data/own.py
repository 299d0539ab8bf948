"""A user's own file as a run, with defaults that suit it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.data.files import name_of, pin
from engine.data.load import load
from engine.data.prepare import NOT_HELD_OUT, check_suites
from engine.schema import DataSpec, Decoding, Example, Primary, RunSpec, Source

METRICS = ("token_f1", "key_facts", "rouge_l", "chrf", "exact_match", "answer_loss", "length_ratio", "repetition")
MAX_LENGTH = 1024  # rows are not padded, so a generous limit costs nothing and drops fewer


def own_data_spec(
    path: str | Path,
    *,
    format: str = "",
    columns: Mapping[str, str] | None = None,
    title: str = "",
    suites: Mapping[str, str | Path] | None = None,
    system: str = "",
    model: str = "",
    method: str = "lora",
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> RunSpec:
    """The run that trains on the file at `path`, with its format and columns found or as given, and its SHA-256.

    The primary is token F1 on the held-out suite: the first of `suites` (name -> file) that holds out the task, else
    "unseen", which is made from the file. Answers may be as long as nearly all of the file's own. Messages call the
    file by `title`. Raises UserError where a file cannot be read, no shape fits, or no row can be used.
    """
    given = Source(path=_absolute(path), format=format, columns=dict(columns or {}))
    loaded = load(given, name=title).required()
    found, examples = loaded.found, loaded.examples
    tests = {name: pin(Source(path=_absolute(file))) for name, file in (suites or {}).items()}
    held_out = [name for name in tests if name not in NOT_HELD_OUT]
    train = pin(given.model_copy(update={"format": found.format, "columns": found.columns}))
    spec = RunSpec(
        title=(title or Path(name_of(path)).stem)[:200],
        **({"model": model} if model else {}),
        system=system,
        data=DataSpec(train=train, suites=tests, max_length=MAX_LENGTH),
        method=method,
        settings=dict(settings or {}),
        metrics=_metrics(examples, tests),
        primary=Primary(metric="token_f1", suite=held_out[0] if held_out else "unseen"),
        decoding=Decoding(max_new_tokens=answer_limit(examples)),
        seed=seed,
    )
    check_suites(spec.data, spec.primary.suite)
    return spec


def answer_limit(examples: list[Example]) -> int:
    """Tokens an answer may have, 32 to 256: what 95 % of the answers need, by a rule of thumb that needs no tokenizer.

    An English token is about four characters; a Chinese or Japanese character takes two to three tokens of a model
    made for English.
    """
    tokens = sorted(sum(2.5 if _is_cjk(char) else 0.25 for char in example.completion) for example in examples)
    wanted = 1.2 * tokens[min(len(tokens) - 1, int(len(tokens) * 0.95))]
    return int(min(256, max(32, -(-wanted // 16) * 16)))


def _metrics(examples: list[Example], tests: Mapping[str, Source]) -> tuple[str, ...]:
    declines = "unanswerable" in tests or any(not example.answerable for example in examples)
    chooses = "general" in tests or any(example.choices for example in examples)
    return (*METRICS, *(["declining"] if declines else []), *(["choice_accuracy"] if chooses else []))


def _is_cjk(char: str) -> bool:
    return char > "\u3000" and char.isalpha()


def _absolute(path: str | Path) -> str:
    return str(Path(path).expanduser().absolute())
