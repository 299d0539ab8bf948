"""The core types, in which the rest of the engine speaks. Imports pydantic and the standard library only."""

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass

Role = Literal["system", "user", "assistant"]
Verdict = Literal["better", "worse", "cannot_tell", "not_measured"]
Kind = Literal["completion", "pairs", "labels", "prompts", "text"]


class UserError(Exception):
    """A mistake of the user's, worded for the user: what is wrong, where, and how to mend it. Exit code 2."""


class MetricFailed(Exception):
    """A metric gave no score for an item. Says which item, and what went wrong."""


class Stopped(Exception):
    """The user asked the run to stop; what was done so far is kept. Exit code 130."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Role
    content: str


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Rule:
    """One thing every answer of a task should do, which a pattern can check: the metric `rules` counts those kept.

    One check each: `needs` is a regular expression that must be found in the answer (letter case ignored), `avoids` one
    that must not; each match of `copies` in the user's message must stand in the answer; `least` and `most` bound its
    words (characters in Japanese). With `when`, the rule applies only where that is found in the user's message; with
    `suites`, only to items of those test suites. `says` tells people the rule, a text per language.
    """

    name: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    says: dict[str, str] = field(default_factory=dict, hash=False)  # a dictionary has no hash
    needs: str = Field("", max_length=2000)
    avoids: str = Field("", max_length=2000)
    copies: str = Field("", max_length=500)
    least: int = Field(0, ge=0, le=100_000)
    most: int = Field(0, ge=0, le=100_000)
    when: str = Field("", max_length=500)
    suites: tuple[str, ...] = ()

    @field_validator("needs", "avoids", "copies", "when")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"this is no regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _one_check(self) -> "Rule":
        checks = (self.needs, self.avoids, self.copies, self.least or self.most)
        if sum(map(bool, checks)) != 1:
            raise ValueError(f"rule '{self.name}' needs one check: needs, avoids, copies, or least and most")
        return self


@dataclass(frozen=True, slots=True)
class Example:
    """One row in its canonical form: what the model is asked (`prompt`) and what it should say (`completion`).

    `suite` is empty for training rows and names the test suite otherwise. `choices` holds the wrong answers of a
    multiple-choice item (the right one is `completion`). `answerable` is False where the right reply is to decline.
    `group` is the document, product or topic the row belongs to: splits and statistics keep groups whole. `rules` are
    those of the run (RunSpec.rules) that an answer to it is held to.
    """

    id: str
    prompt: tuple[Message, ...]
    completion: str
    rejected: str | None = None
    label: bool | None = None
    group: str | None = None
    suite: str = ""
    answerable: bool = True
    choices: tuple[str, ...] = ()
    source_row: int | None = None
    rules: tuple[Rule, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The values by name, ready for JSON; without "rules" where there are none."""
        values = {name: getattr(self, name) for name in self.__slots__}  # asdict() would copy every text
        values["prompt"] = [{"role": message.role, "content": message.content} for message in self.prompt]
        values["choices"] = list(self.choices)
        rules = values.pop("rules")
        return values | {"rules": [asdict(rule) for rule in rules]} if rules else values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Example":
        messages = tuple(Message(**message) for message in values["prompt"])
        rules = tuple(Rule(**rule) for rule in values.get("rules") or ())
        return cls(**{**values, "prompt": messages, "choices": tuple(values.get("choices") or ()), "rules": rules})

    @property
    def kind(self) -> Kind:
        """What the row can teach: see Method.needs."""
        if self.rejected is not None:
            return "pairs"
        if self.label is not None:
            return "labels"
        if not self.prompt:
            return "text"
        return "completion" if self.completion.strip() else "prompts"

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The answers whose likelihood is measured beside that of the completion."""
        return self.choices or ((self.rejected,) if self.rejected is not None else ())

    @property
    def question(self) -> str:
        """The last user message: what a person would call the question."""
        return next((m.content for m in reversed(self.prompt) if m.role == "user"), "")


def example_id(
    prompt: tuple[Message, ...],
    completion: str,
    suite: str = "",
    *,
    rejected: str | None = None,
    label: bool | None = None,
) -> str:
    """A 16-digit hash of the canonical content (NFC, white space folded): joins before to after, finds duplicates.

    What the row does not have (a rejected answer, a label) does not change it.

    >>> example_id((Message("user", "Hi  there"),), "Hello") == example_id((Message("user", "Hi there"),), "Hello ")
    True
    """
    # The JSON of [[[role, content], ...], completion, suite, {"rejected", "label"}], put together by hand: every row of
    # a file gets an id, and json.dumps() would be most of its cost.
    turns = ", ".join([f"[{_quoted(m.role)}, {_quoted(one_line(_nfc(m.content)))}]" for m in prompt])
    content = f"[[{turns}], {_quoted(one_line(_nfc(completion)))}, {_quoted(suite)}"
    if rejected is not None or label is not None:
        other = "null" if rejected is None else _quoted(one_line(_nfc(rejected)))
        content += f', {{"rejected": {other}, "label": {json.dumps(label)}}}'
    return hashlib.sha256(f"{content}]".encode()).hexdigest()[:16]


_quoted = json.encoder.encode_basestring_ascii


def _nfc(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """The text with each run of white space as one blank, and none around it.

    >>> one_line(" Are  you\\nopen? ")
    'Are you open?'
    """
    # Of white space only the blank is printable, so most texts need not be taken apart.
    return text.strip(" ") if "  " not in text and text.isprintable() else " ".join(text.split())


def identified(example: Example) -> Example:
    """The example with the id that its content has now."""
    content = (example.prompt, example.completion, example.suite)
    return replace(example, id=example_id(*content, rejected=example.rejected, label=example.label))


@dataclass(frozen=True, slots=True)
class Issue:
    """What happened to one source row: nothing vanishes uncounted. Not `dropped`: the row was mended and kept."""

    source_row: int | None
    code: str
    message: str
    dropped: bool


@dataclass(frozen=True)
class Format:
    """A row shape. `fields` maps each canonical field to the column names it is known by, the first being its own.

    `to_example(row)` gets a row whose keys are canonical fields and returns an Example with its id (see example_id), or
    a pair of one and the codes of what was mended in it, or raises ValueError saying what is wrong with that row. With
    `alone` the shape is a part of others: it is found only where no other shape fits and no column is left that may
    hold an answer. `texts` says in which fields the question, the answer and the rejected answer stand, `turns` which
    field holds a conversation: by these a row that cannot be read is corrected.
    """

    name: str
    title: str
    fields: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    to_example: Callable[[Mapping[str, Any]], Example | tuple[Example, tuple[str, ...]]]
    alone: bool = False
    texts: Mapping[Literal["question", "answer", "rejected"], str] = field(default_factory=dict)
    turns: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """What one arm gave for one test item: the greedy answer and, where asked for, likelihoods.

    `answer_loss` is the mean negative log-likelihood per token of the reference answer, in nats, over `answer_tokens`
    tokens, the end of the answer among them. `choice_losses` is the same for the right answer followed by each of
    `Example.alternatives`, and `choice_tokens` how many tokens each of them has. `reward` is what the run's reward
    model gives the answer, where it has learnt one. `refusal_loss` is the same loss of a fixed refusal, where the test
    asks both what can be answered and what cannot.
    """

    text: str
    tokens: int = 0
    seconds: float = 0.0
    truncated: bool = False
    answer_loss: float | None = None
    choice_losses: tuple[float, ...] = ()
    choice_tokens: tuple[int, ...] = ()
    reward: float | None = None
    answer_tokens: int | None = None
    refusal_loss: float | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Output":
        lists = {name: tuple(values.get(name, ())) for name in ("choice_losses", "choice_tokens")}
        return cls(**{**values, **lists})


@dataclass(frozen=True)
class Metric:
    """One per-item score. `score` returns None where the metric does not apply to the item.

    A metric that must see all answers of an arm at once has `across(outputs, examples)` instead, which gives the score
    of each item in their order. `absent()` is a code under not_measured in text.yaml where what the metric needs is not
    here, "" where it is. `better` says which direction is good; "neither" is shown but never judged. `minimum` is the
    smallest mean difference worth a verdict, in the metric's own unit.
    """

    name: str
    title: str
    better: Literal["higher", "lower", "neither"]
    score: Callable[[Output, Example], float | None] | None = None
    binary: bool = False
    minimum: float = 0.02
    unit: str = ""
    across: Callable[[Sequence[Output], Sequence[Example]], list[float | None]] | None = None
    absent: Callable[[], str] | None = None

    def scores(self, outputs: Sequence[Output], examples: Sequence[Example]) -> list[float | None]:
        """The score of each answer of one arm; all None where what the metric needs is absent."""
        if self.absent and self.absent():
            return [None] * len(outputs)
        if self.across:
            return self.across(outputs, examples)
        return [self.score(output, example) for output, example in zip(outputs, examples, strict=True)]


@dataclass(frozen=True, slots=True)
class EvalRow:
    """One test item answered by one arm, with its scores: one line of eval/ARM.jsonl."""

    arm: str
    suite: str
    example_id: str
    output: Output
    scores: Mapping[str, float | None]

    @property
    def item(self) -> tuple[str, str]:
        """Which item it answers: the same in every arm."""
        return self.suite, self.example_id

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "EvalRow":
        return cls(**{**values, "output": Output.from_dict(values["output"])})


@dataclass(frozen=True, slots=True)
class Change:
    """One metric on one suite, before and after, from paired items.

    `low` and `high` bound the 95 % interval of the mean difference after - before. `detectable` is the smallest
    difference this n could find with 80 % power; `needed` the number of items that would settle a "cannot_tell".
    """

    metric: str
    suite: str
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    n: int
    groups: int
    wins: int
    ties: int
    losses: int
    p: float | None
    p_adjusted: float | None
    detectable: float | None
    needed: int | None
    illustrative: bool
    primary: bool
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Source(Frozen):
    """A data file: where it is, what it held when the run was made, and how its columns map."""

    path: str
    sha256: str = ""
    format: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    sheet: str = ""  # of a workbook; else the first that holds anything


class Edit(Frozen):
    """A correction of one row of the training file, made by hand; the file itself is never touched.

    `row` is the row's number in the file and `was` the id that its content had (example_id), of a row that could not be
    read the hash of the row (data/unread.py): a file that changed is refused. Either the row is left out (`exclude`),
    or what is given takes the place of the last question, the answer or the rejected answer.
    """

    row: int = Field(ge=0)
    was: str = Field(pattern=r"^[0-9a-f]{16}$")
    exclude: bool = False
    question: str | None = Field(None, max_length=200_000)
    answer: str | None = Field(None, max_length=200_000)
    rejected: str | None = Field(None, max_length=200_000)


class Weighted(Frozen):
    """One more source of rows to train on, and how often its rows come for once of the first source's: 2 is twice, 0.5
    every other row."""

    source: Source
    weight: float = Field(1, gt=0, le=100)


class DataSpec(Frozen):
    train: Source
    more: tuple[Weighted, ...] = Field((), max_length=20)
    suites: dict[str, Source] = Field(default_factory=dict)
    mix: Source | None = None  # general instructions some of which are mixed in, against forgetting
    off_topic: Source | None = None  # questions no file answers: asked where the suite "unanswerable" must be made
    entity_share: float = Field(0, ge=0, le=0.5)  # rows left out so that questions about them have no answer
    validation_share: float = Field(0.06, ge=0, le=0.5)
    test_share: float = Field(0.2, ge=0, le=0.9)
    max_length: int = Field(512, ge=16, le=32768)
    # Rows beyond max_length: "" divides plain texts and drops other rows, "cut_prompt" takes the oldest of the prompt
    # away instead, "drop" drops texts too.
    too_long: Literal["", "drop", "cut_prompt"] = ""
    personal: Literal["", "mask", "drop"] = ""  # personal data and secrets: "" keeps them and tells
    # Test items that training gives away: "move" puts them into training, "remove" takes away what gives them away.
    leaked: Literal["", "move", "remove"] = ""
    changes: tuple[Edit, ...] = Field((), max_length=20_000)


class Decoding(Frozen):
    """How every arm answers. Greedy always: the same prompt gives the same answer twice."""

    max_new_tokens: int = Field(64, ge=1, le=4096)
    batch_size: int = Field(128, ge=1, le=512)  # at most: memory may allow fewer (placement.rows_that_fit)


class Primary(Frozen):
    """The one metric, on the one suite, that decides; named before training."""

    metric: str = "token_f1"
    suite: str = "unseen"
    minimum: float = Field(0.02, ge=0, le=1)


class RunSpec(Frozen):
    """All of the intent of a run, and no secret. The page, the command line and a cluster job make or take one."""

    title: str = Field("", max_length=200)
    use_case: str = Field("", max_length=80)
    model: str = Field("smollm2-135m-instruct", min_length=1, max_length=400)
    revision: str | None = None
    system: str = Field("", max_length=8000)
    data: DataSpec
    method: str = "lora"
    settings: dict[str, Any] = Field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = Field((), max_length=50)
    primary: Primary = Primary()
    decoding: Decoding = Decoding()
    arms: tuple[Literal["prompted", "nearest"], ...] = ("prompted", "nearest")
    seed: int = Field(0, ge=0, le=2**31 - 1)

    @field_validator("settings")
    @classmethod
    def _plain_values(cls, settings: dict[str, Any]) -> dict[str, Any]:
        for key, value in settings.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"settings.{key} is {value}; give a finite number")
            if not isinstance(value, str | int | float | bool | None):
                raise ValueError(f"settings.{key} must be a plain value, not {type(value).__name__}")
        return settings


class Preset(Frozen):
    """A use case: a card for the page and the run it starts. `title`, `summary` ... hold a text per language.

    `language` is that of its rows, `source` says where their content comes from, `notice` what it must not be used for.
    """

    name: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    language: Literal["en", "ja"] = "en"
    title: dict[str, str]
    summary: dict[str, str]
    changes: dict[str, str]
    reason: dict[str, str]
    notice: dict[str, str] = Field(default_factory=dict)
    source: dict[str, str] = Field(default_factory=dict)
    minutes: float
    demo: tuple[str, ...]
    limits: tuple[str, ...]
    run: RunSpec


Tell = Callable[[str, int, int], None]  # what is being done, how far, of how much


def silent(what: str, done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Method:
    """One way to train. `needs` names the kinds of data it can use; `refuses(settings, kind)` says, in words, why it
    cannot with these settings. `Settings` is a frozen pydantic model: each field has bounds, a description, and
    json_schema_extra {"basic": True} where a beginner should see it.

    `attach(model, settings)` returns the model with just the promised parameters trainable.
    `task(loaded, settings, splits=, spec=, run=, tell=)` returns the training.task.Task of the examples in
    splits["train"], ["validation"] and ["mix"]; `run` is None where only a forecast is made, and `tell` hears how far
    long work before the first step is. `adapter` is False where the weights themselves change. `through` names the
    methods that may do the attaching, of which settings.through is one (see registry.method_of). `folds` is False where
    what is learnt cannot become part of the weights. `rate_ratio(weight's name, settings)` is a weight's share of the
    learning rate.
    `judge(run, spec=, quantization=)` gives the reward of answers by what the run has learnt to prefer: a callable from
    (example, answer) pairs to numbers, or None where this run has learnt none.
    """

    name: str
    title: str
    summary: str
    paper: str
    needs: tuple[Kind, ...]
    Settings: type[BaseModel]
    refuses: Callable[[Any, Kind], str] | None = field(default=None, kw_only=True)
    attach: Callable[..., Any]
    task: Callable[..., Any]
    quantization: str = ""
    adapter: bool = True
    through: tuple[str, ...] = ()
    rate_ratio: Callable[[str, Any], float] | None = None
    folds: bool = True
    judge: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Progress:
    """How far a long piece of work is: shown to the person who waits."""

    stage: str
    step: int = 0
    of: int = 0
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
