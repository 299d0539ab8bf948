"""The stage "prepare": a run's files become train, validation and test examples, with an account of every row."""

import hashlib
import json
import re
import statistics
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import add
from pathlib import Path
from typing import Any

from engine.atomic import read_json, write_json, write_lines
from engine.data import sizes, unanswerable
from engine.data.account import account
from engine.data.leakage import given_away, leakage
from engine.data.ledger import write_ledger
from engine.data.load import CountTokens, Loaded, load
from engine.data.long_rows import remembered
from engine.data.several import weighted
from engine.data.split import families, hold_out_groups, hold_out_wordings, name_groups
from engine.data.stored import changed, joined, pick
from engine.registry import methods
from engine.rundir import Run
from engine.schema import DataSpec, Example, Rule, RunSpec, Tell, UserError, identified, silent

SUITE_NAME = re.compile(r"^[a-z0-9_]{1,40}$")
GENERAL = {"general", "plain_text"}  # no part of the task, so its rules do not apply
# Suites that do not tell whether the trained task was learnt.
NOT_HELD_OUT = GENERAL | {"unanswerable", "trained"}
MIN_TRAIN_ROWS = 4
KINDS = {
    "completion": "prompts with an answer to learn",
    "pairs": "pairs of a chosen and a rejected answer",
    "labels": "answers with a thumbs-up or thumbs-down label",
    "prompts": "prompts without an answer",
    "text": "plain texts",
}
MAX_TRAINED = 40


@dataclass(frozen=True)
class Parts:
    """The rows of a run, divided; `suites` maps each test suite to its rows."""

    train: Sequence[Example]
    validation: Sequence[Example]
    suites: dict[str, Sequence[Example]]


def prepare(
    spec: RunSpec,
    run: Run,
    *,
    count_tokens: CountTokens | None = None,
    ledger: Path | None = None,
    tell: Tell = silent,
) -> dict[str, Any]:
    """The data report of the run, made once: data/train, validation and test.jsonl, then report.json, which means done.

    `count_tokens(example)` gives (prompt tokens, answer tokens) as the model will see them; rows longer than
    data.max_length are then treated as data.too_long says, each with an Issue, and every check of rows
    is made. In the report rows, accepted, fixed and dropped count the training file (accepted + dropped = rows; a fixed
    row is accepted) and `sources` those of each of several, with the rows it gives the training; `suites` does so for
    each test suite, `unleaked` counts the rows that data.leaked moved or removed, and `sizes` says what a test of this
    size can tell. With `ledger` every row is written to that file. `tell` hears how far this is, by its parts: those of
    load(), then "split" and "leakage"; what it raises ends the work with nothing written.
    Raises UserError, with nothing written, for a file that changed or cannot be used, fewer than four rows to train
    on, an empty suite, or a primary suite that does not exist. `entities` names what was left out of training so that
    the suite "unanswerable" can ask of it, and how many of the accepted rows that took; `not_made` says which suites
    could not be made, and why.
    """
    done = read_json(run.file("report"))
    if done is not None:
        return done
    count_tokens = count_tokens and remembered(count_tokens)
    data, limits = spec.data, {"choices": spec.data, "count_tokens": count_tokens}
    check_suites(data, spec.primary.suite)
    training = load(
        data.train, more=data.more, **limits, edits=data.changes, checks=count_tokens is not None, tell=tell
    ).required()
    check_kind(training.examples, spec, file=training.table.name)
    own = {suite: load(data.suites[suite], suite=suite, **limits).required() for suite in sorted(data.suites)}
    suites = {suite: loaded.examples for suite, loaded in own.items()}
    tell("split", 0, 0)
    made = _unanswerable(training.examples, suites, spec=spec)
    parts = divide(made.rest, suites | ({unanswerable.SUITE: made.items} if made.items else {}), spec=spec)
    parts, unleaked = without_leaks(parts, how=data.leaked, but=made.about_entities, tell=tell)
    parts = replace(parts, train=weighted(parts.train, training.parts, seed=spec.seed))
    parts = ruled(parts, spec.rules)
    if len(parts.train) < MIN_TRAIN_ROWS:
        raise UserError(_too_few(training, parts))
    if spec.primary.suite not in parts.suites:
        have = ", ".join(parts.suites)
        raise UserError(
            f"primary.suite is '{spec.primary.suite}', but the test suites are: {have}. "
            "Name one of them, add it under data.suites, or raise data.test_share."
        )
    num_tests = sum(map(len, parts.suites.values()))
    report = {
        **training.to_dict(),
        "sources": _sources(training, parts.train),
        "splits": {"train": len(parts.train), "validation": len(parts.validation), "test": num_tests},
        "suites": {suite: _suite(examples, own.get(suite)) for suite, examples in parts.suites.items()},
        "entities": {"names": list(made.entities), "rows": made.rows},
        "not_made": made.not_made,
        "leakage": _leakage(parts, but=made.about_entities, tell=tell),
        "unleaked": unleaked,
        "sizes": sizes.told(parts.suites.get(spec.primary.suite, ())),
        "tokens": _tokens(parts, count_tokens) if count_tokens else {},
    }
    if ledger:
        write_ledger(ledger, training, places=_places(parts), count_tokens=count_tokens)
    if data.mix:
        write_lines(run.examples_file("mix"), load(data.mix, **limits).required().examples)
    write_lines(run.examples_file("train"), parts.train)
    write_lines(run.examples_file("validation"), parts.validation)
    write_lines(run.examples_file("test"), chain.from_iterable(parts.suites.values()))
    write_json(run.file("report"), report)
    return report


def check_suites(data: DataSpec, primary: str) -> None:
    """Raises UserError for a suite's name that is not plain, or a primary suite that cannot decide anything."""
    for suite in data.suites:
        if not SUITE_NAME.match(suite) or suite == "trained":
            raise UserError(f"'{suite[:60]}' cannot name a test suite. Use small letters, digits and _; not 'trained'.")
    if primary == "trained":
        raise UserError("primary.suite is 'trained', which asks again what was trained on. Choose a held-out suite.")


def check_kind(examples: Sequence[Example], spec: RunSpec, *, file: str) -> None:
    """Raises UserError, naming the methods that fit, where the method can learn nothing from rows of that kind."""
    method = methods()[spec.method]
    kinds = {example.kind: example for example in reversed(examples)}
    if method.refuses:
        settings = method.Settings.model_validate(spec.settings)
        why = next(filter(None, (method.refuses(settings, kind) for kind in kinds)), "")
        if why:
            raise UserError(f"{file}: {method.title} cannot learn from these rows with these settings: {why}.")
    wrong = next((example for kind, example in kinds.items() if kind not in method.needs), None)
    if wrong is None:
        return
    fitting = [member.title for member in methods().values() if wrong.kind in member.needs]
    raise UserError(
        f"{file}: {method.title} cannot learn from {KINDS[wrong.kind]} (row {wrong.source_row}). It needs "
        f"{' or '.join(KINDS[kind] for kind in method.needs)}. Methods that fit these rows: {', '.join(fitting)}."
    )


def divide(examples: Sequence[Example], suites: dict[str, list[Example]], *, spec: RunSpec) -> Parts:
    """Train, validation and test. Suites of their own stay as they are.

    Where none of them holds out the trained task, "unseen" is made of whole groups of the training file, and
    "trained" asks up to 40 training rows again in the trained wording: recall, to be read, never to be judged by.
    """
    family = families(examples)  # told once: a group named after its family changes no family
    rest = name_groups(examples, family=family)
    suites = {suite: name_groups(rows) for suite, rows in suites.items()}
    makes_own = not set(suites) - NOT_HELD_OUT or (spec.primary.suite == "unseen" and "unseen" not in suites)
    if makes_own:
        rest, unseen = hold_out_groups(rest, share=spec.data.test_share, seed=spec.seed, family=family)
        if unseen:
            suites = {"unseen": _for_suite(unseen, "unseen"), **suites}
    train, validation = hold_out_wordings(rest, share=spec.data.validation_share, seed=spec.seed)
    if makes_own:
        share = min(1.0, MAX_TRAINED / max(1, len(train)))
        _, again = hold_out_wordings(train, share=share, seed=spec.seed)
        suites["trained"] = _for_suite(again, "trained")
    return Parts(train, validation, suites)


def ruled(parts: Parts, rules: Sequence[Rule]) -> Parts:
    """The parts with the run's rules on every example they apply to: those without `suites` on training rows too."""
    if not rules:
        return parts

    def held_to(_: int, example: Example) -> Example:
        own = tuple(rule for rule in rules if not rule.suites or example.suite in rule.suites)
        return replace(example, rules=own)

    def given(examples: Sequence[Example]) -> Sequence[Example]:
        return changed(examples, held_to)

    suites = {suite: given(examples) if suite not in GENERAL else examples for suite, examples in parts.suites.items()}
    return Parts(given(parts.train), given(parts.validation), suites)


def _unanswerable(examples: Sequence[Example], suites: dict[str, list[Example]], *, spec: RunSpec) -> unanswerable.Made:
    """Questions without an answer, where the spec asks that they be made and no file holds any."""
    data = spec.data
    if unanswerable.SUITE in suites or not (data.off_topic or data.entity_share):
        return unanswerable.Made(examples)
    avoid = [example for suite, rows in suites.items() if suite not in NOT_HELD_OUT for example in rows]
    made = unanswerable.make(examples, data, seed=spec.seed, avoid=avoid)
    if "reworded" not in suites and all(example.kind == "completion" for example in examples):
        made.not_made.append({"what": "reworded", "why": "no_wordings"})
    return made


def _for_suite(examples: Sequence[Example], suite: str) -> Sequence[Example]:
    return changed(examples, lambda _, example: identified(replace(example, suite=suite)))


def _only(examples: Sequence[Example], wanted: Callable[[Example], bool]) -> Sequence[Example]:
    return pick(examples, [at for at, example in enumerate(examples) if wanted(example)])


def _leakage(parts: Parts, *, but: frozenset[str], tell: Tell) -> dict[str, Any]:
    """What training gives away of each suite but "trained", which repeats training on purpose. Items of the ids `but`
    ask of entities that training never names: one question of a template is near another's, and gives nothing away."""
    seen = joined(parts.train, parts.validation)
    return {
        suite: leakage(_only(examples, lambda e: e.id not in but), train=seen, suite=suite, tell=tell)
        for suite, examples in parts.suites.items()
        if suite != "trained"
    }


def without_leaks(parts: Parts, *, how: str, but: frozenset[str], tell: Tell = silent) -> tuple[Parts, dict[str, int]]:
    """(the parts without leaks, {"moved", "removed"}: how many rows that took). `how` is DataSpec.leaked.

    "move": items of "unseen" that training gives away are trained on, those of other suites leave the test. "remove":
    the training rows that give an item away go, again and again until none does.
    """
    train, validation, suites = parts.train, parts.validation, dict(parts.suites)
    moved = removed = 0
    for suite in [name for name in suites if how and name != "trained"]:
        items = _only(suites[suite], lambda e: e.id not in but)
        while found := given_away(items, train=joined(train, validation), suite=suite, tell=tell):
            if how == "move":
                gone = _only(suites[suite], lambda e, found=found: e.id in found)
                suites[suite] = _only(suites[suite], lambda e, found=found: e.id not in found)
                items = _only(items, lambda e, found=found: e.id not in found)
                train = joined(train, _for_suite(gone, "")) if suite == "unseen" else train
                moved += len(gone)
            else:
                guilty = {pair["train_id"] for pair in found.values()}
                before = len(train) + len(validation)
                train = _only(train, lambda e, guilty=guilty: e.id not in guilty)
                validation = _only(validation, lambda e, guilty=guilty: e.id not in guilty)
                removed += before - len(train) - len(validation)
    suites = {name: examples for name, examples in suites.items() if examples}
    return Parts(train, validation, suites), {"moved": moved, "removed": removed}


def _places(parts: Parts) -> dict[int | None, str]:
    """Where each row of the training file went, by its number; a row that was left out for a test has none."""
    places = {example.source_row: "unseen" for example in parts.suites.get("unseen", ())}
    places |= {example.source_row: "validation" for example in parts.validation}
    return places | {example.source_row: "train" for example in parts.train}


def _sources(training: Loaded, train: Sequence[Example]) -> list[dict[str, Any]]:
    """The account of each of several sources, and the rows of it that are trained on, as often as its weight says."""
    told = training.to_dict()["sources"]
    rows = [sum(part.holds(example.source_row) for example in train) for part in training.parts]
    return [one | {"train": count} for one, count in zip(told, rows, strict=True)]


def _suite(examples: Sequence[Example], loaded: Loaded | None) -> dict[str, Any]:
    """n, groups (a row without one counts as one), the hash of its content, and its file's account if any."""
    content = hashlib.sha256()
    for example in examples:
        content.update(json.dumps(example.to_dict(), sort_keys=True).encode())
    return {
        "n": len(examples),
        "groups": len({example.group or example.id for example in examples}),
        "sha256": content.hexdigest(),
        **(loaded.to_dict() if loaded else {}),
    }


def _tokens(parts: Parts, count_tokens: CountTokens) -> dict[str, Any]:
    """Per split: rows, tokens of prompts and answers, and the lengths of whole rows (median, 95 %, longest)."""
    splits = {"train": [parts.train], "validation": [parts.validation], "test": list(parts.suites.values())}
    return {
        name: token_statistics(map(count_tokens, chain.from_iterable(several)))
        for name, several in splits.items()
        if any(map(len, several))
    }


def token_statistics(counts: Iterable[tuple[int, int]]) -> dict[str, int]:
    """Sums and lengths of (prompt tokens, answer tokens) pairs."""
    prompts, answers = array("q"), array("q")
    for prompt, answer in counts:
        prompts.append(prompt)
        answers.append(answer)
    lengths = sorted(map(add, prompts, answers))
    return {
        "rows": len(lengths),
        "prompt": sum(prompts),
        "answer": sum(answers),
        "median": int(statistics.median(lengths)),
        "p95": lengths[min(len(lengths) - 1, int(len(lengths) * 0.95))],
        "longest": lengths[-1],
    }


def _too_few(training: Loaded, parts: Parts) -> str:
    dropped = account(training.examples, training.issues)["dropped"]
    return (
        f"{training.table.name}: {len(parts.train)} rows are left to train on; at least {MIN_TRAIN_ROWS} are "
        f"needed. {dropped} rows could not be used, {len(parts.validation)} are held out for validation and "
        f"{len(parts.suites.get('unseen', []))} for the test. Add rows, or lower data.test_share."
    )
