"""A user's own file as a run, with defaults that suit it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.data import grouping, hub
from engine.data.files import name_of, pin
from engine.data.load import Loaded, load
from engine.data.prepare import NOT_HELD_OUT, check_suites
from engine.data.shipped import OFF_TOPIC, unrelated
from engine.data.sizes import test_share
from engine.data.split import families
from engine.data.unanswerable import SUITE, why_not
from engine.registry import formats, methods, metrics
from engine.schema import DataSpec, Decoding, Example, Kind, Primary, RunSpec, Source, Weighted

# What is measured on rows of each kind, the deciding metric first.
METRICS: dict[Kind, tuple[str, ...]] = {
    "completion": (
        *("token_f1", "key_facts", "rouge_l", "chrf", "exact_match"),
        *("answer_loss", "length_ratio", "repetition"),
    ),
    "pairs": ("preference_accuracy", "preference_margin", "answer_loss", "token_f1", "length_ratio", "repetition"),
    "labels": ("answer_loss", "token_f1", "length_ratio", "repetition"),
    "prompts": ("repetition",),
    "text": ("perplexity", "answer_loss"),
}
CHOICE = ("choice_accuracy", "answer_loss")
# The method to begin with for each kind of rows, on the page as on the command line.
METHODS: dict[Kind, str] = {
    "completion": "instruction",
    "pairs": "dpo",
    "labels": "kto",
    "prompts": "rlhf",
    "text": "continued_pretraining",
}
PROMPT_ANSWER = 128  # tokens an answer to a prompt without a reference may have
ENTITY_SHARE = 0.08  # of the rows may be left out to ask of what they tell: about as many as validation holds out
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
    method: str = "",
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    sheet: str = "",
    more: Sequence[Weighted] = (),
) -> RunSpec:
    """The run that trains on the file at `path`, with its format and columns found or as given, and its SHA-256; on the
    `sheet` of a workbook, and on the rows of `more` sources, each by its own shape.

    The rows' kind chooses what is measured and, unless `method` is one that can use them, the method (METHODS). What
    decides is the kind's first metric (METRICS) on the held-out suite: the first of `suites` (name -> file) that holds
    out the task, else "unseen", which is made from the file. Where `suites` has none, general questions and plain texts
    that ship with the project are asked, and questions without an answer are made (see unanswerable.make). Answers may
    be as long as nearly all of the file's own. Where a column names what rows are about (see grouping) and none was
    chosen, its values are the groups. Messages call the file by `title`. Raises UserError where a file cannot
    be read, no shape fits, or no row can be used.
    """
    given = Source(path=_absolute(path), format=format, columns=dict(columns or {}), sheet=sheet)
    more = tuple(other.model_copy(update={"source": pin(other.source)}) for other in more)
    first = load(given, name=title).required()
    loaded = load(given, more=more, name=title) if more else first
    found, examples = loaded.found, loaded.examples
    given_tests = {**unrelated(examples), **(suites or {})}
    tests = {name: pin(Source(path=_absolute(file))) for name, file in given_tests.items()}
    held_out = [name for name in tests if name not in NOT_HELD_OUT]
    judged = load(tests[held_out[0]], suite=held_out[0]).required().examples if held_out else examples
    deciding = metrics()[_measured(judged)[0]]
    chosen = method_for(examples, method)
    if chosen == "rlhf" and examples[0].kind != "pairs":  # without pairs there is no reward model: a metric rewards
        settings = {"reward": "metric", "reward_metric": METRICS[examples[0].kind][0], **(settings or {})}
    known = methods()[chosen].Settings.model_fields if method and chosen != method else None
    own_columns = found.columns | _grouped(first, given)
    train = pin(given.model_copy(update={"format": found.format, "columns": own_columns}))
    spec = RunSpec(
        title=(title or Path(name_of(path)).stem)[:200],
        **({"model": model} if model else {}),
        system=system,
        data=DataSpec(
            train=train,
            more=more,
            suites=tests,
            max_length=MAX_LENGTH,
            **_makes(tests),
            test_share=test_share(len(examples)),
        ),
        method=chosen,
        settings={name: value for name, value in (settings or {}).items() if known is None or name in known},
        metrics=_metrics(examples, judged, tests),
        primary=Primary(
            metric=deciding.name, suite=held_out[0] if held_out else "unseen", minimum=min(1.0, deciding.minimum)
        ),
        decoding=Decoding(max_new_tokens=answer_limit(examples)),
        seed=seed,
    )
    check_suites(spec.data, spec.primary.suite)
    return spec


def _grouped(loaded: Loaded, given: Source) -> dict[str, str]:
    """The column that names the rows' groups, where one was found and the user has not chosen; "" chooses none."""
    chosen = {**loaded.found.columns, **given.columns}
    known = "group" in formats()[loaded.found.format].fields
    if given.columns.get("group") == "":
        return {"group": ""}  # said again to whoever reads the file next, or a column of that name would be taken
    likely = [] if "group" in chosen or not known else grouping.candidates(loaded.table, taken=loaded.found.columns)
    return {"group": likely[0].column} if likely else {}


def method_for(examples: list[Example], method: str = "") -> str:
    """The method itself where it can learn from these rows (or does not exist, which the spec's check tells), else the
    recommended one."""
    kinds = {example.kind for example in examples}
    if method and (method not in methods() or kinds <= set(methods()[method].needs)):
        return method
    return recommended([examples[0].kind, *kinds])


def recommended(kinds: Sequence[str]) -> str:
    """The method to begin with for rows of these kinds, the first being the one they are most about; that for answers
    where nothing is known. Where no method can use them all it is that of the first: the check of the kinds says so.
    """
    members = methods()
    wanted = [METHODS[kinds[0] if kinds else "completion"], *METHODS.values(), *members]
    there = [name for name in wanted if name in members]
    return next((name for name in there if set(kinds) <= set(members[name].needs)), there[0])


def answer_limit(examples: list[Example]) -> int:
    """Tokens an answer may have, 32 to 256: what 95 % of the answers need, by a rule of thumb that needs no tokenizer.

    An English token is about four characters; a Chinese or Japanese character takes two to three tokens of a model
    made for English. Prompts without an answer get 128.
    """
    if all(not example.completion for example in examples):
        return PROMPT_ANSWER
    tokens = sorted(sum(2.5 if _is_cjk(char) else 0.25 for char in example.completion) for example in examples)
    wanted = 1.2 * tokens[min(len(tokens) - 1, int(len(tokens) * 0.95))]
    return int(min(256, max(32, -(-wanted // 16) * 16)))


def _metrics(examples: list[Example], judged: list[Example], tests: Mapping[str, Source]) -> tuple[str, ...]:
    measured = dict.fromkeys((*_measured(judged), *_measured(examples)))
    declines = "unanswerable" in tests or any(not example.answerable for example in examples) or not why_not(examples)
    chooses = "general" in tests or any(example.choices for example in examples)
    chosen = [
        *(["declining"] if declines else []),
        *(["choice_accuracy"] if chooses else []),
        *(["bits_per_byte"] if "plain_text" in tests else []),
        *(["consistency"] if "token_f1" in measured and _asks_again(judged) else []),
        *(["semantic_similarity"] if "token_f1" in measured and not metrics()["semantic_similarity"].absent() else []),
    ]
    return tuple(dict.fromkeys([*measured, *chosen]))


def _asks_again(judged: list[Example]) -> bool:
    """Whether one fact is asked in several wordings: the same group, or question, or long answer, and answer."""
    return len(set(zip(families(judged), (example.completion for example in judged), strict=True))) < len(judged)


def _makes(tests: Mapping[str, Source]) -> dict[str, Any]:
    """What is made where the tests hold no question without an answer."""
    if SUITE in tests:
        return {}
    return {"off_topic": pin(Source(path=str(OFF_TOPIC))), "entity_share": ENTITY_SHARE}


def _measured(examples: list[Example]) -> tuple[str, ...]:
    """METRICS of the rows' kind; of multiple choice, what likelihoods tell, since free text is not scored there."""
    return CHOICE if all(example.choices for example in examples) else METRICS[examples[0].kind]


def _is_cjk(char: str) -> bool:
    return char > "\u3000" and char.isalpha()


def _absolute(path: str | Path) -> str:
    return str(path) if hub.is_hub(path) else str(Path(path).expanduser().absolute())
