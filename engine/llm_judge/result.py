"""Judge the answers of a finished run, keep every judgement as it comes, and read the result back. No torch."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from engine import atomic, items, votes
from engine.llm_judge import asking, prompt, stats
from engine.llm_judge.prompt import Question
from engine.llm_judge.who import Judge
from engine.rundir import Run
from engine.schema import UserError
from engine.stats import LEVEL, holm

MOST_KEPT = 20_000  # characters of one reply: a server may send megabytes

Progress = Callable[[int, int], None]


def judge_run(run: Run, judge: Judge, *, suite: str = "", limit: int = 0, progress: Progress) -> dict[str, Any]:
    """What the judge says of base's and tuned's answers to a suite (the deciding one where none is named), as `read`.

    With `limit` only so many items, always the same ones, spread over the suite; a larger limit later goes on. What
    was judged stands in eval/judges/ at once, so `progress(done, of)` may raise to stop. A question whose replies did
    not come is asked again by the next command. Raises UserError where the run has no such answers, and as
    `asking.ask`.
    """
    chosen = _chosen(run, suite=suite, limit=limit)
    system = run.spec().system
    kept = run.judgements(judge.key)
    known = {row["key"]: row for row in atomic.reopen_lines(kept)}
    questions = [prompt.question(item, system=system) for item in chosen]
    open_ = [
        (item, question)
        for item, question in zip(chosen, questions, strict=True)
        if question.key not in known or known[question.key]["error"]
    ]
    alike = [question for item, question in open_ if prompt.same(item)]
    for question in alike:
        atomic.append_line(kept, _row(question, ("", ""), rule=True))
    done = len(chosen) - len(open_) + len(alike)
    progress(done, len(chosen))
    for replies in asking.ask(judge, [question for item, question in open_ if not prompt.same(item)]):
        if replies is not None:
            atomic.append_line(kept, _row(replies.question, replies.texts, error=replies.error))
            done += 1
        progress(done, len(chosen))
    _write(run, judge)
    return read(run) or {}


def _chosen(run: Run, *, suite: str, limit: int) -> list[dict[str, Any]]:
    found = run.comparison()
    if found is None:
        raise UserError(f"Run {run.id} has no answers to judge yet. Let it finish, then ask the judge.")
    suite = suite or found["changes"][0]["suite"]
    there = [item for item in found["items"] if item["prompt"]]
    chosen = sorted((item for item in there if item["suite"] == suite), key=lambda item: item["example_id"])
    if not chosen:
        names = ", ".join(sorted({item["suite"] for item in there})) or "none"
        raise UserError(f"Run {run.id} has no questions in a test '{suite[:60]}'. Its tests: {names}.")
    if limit < 0:
        raise UserError(f"--limit is {limit}; give 1 or more, or 0 for every item.")
    return chosen[: limit or len(chosen)]


def _row(question: Question, texts: Sequence[str | None], *, rule: bool = False, error: str = "") -> dict[str, Any]:
    """One judgement as it is kept. `readings` is what each reply says, `rule` that nobody had to be asked."""
    readings = [None if text is None else prompt.read(text, order=order) for order, text in enumerate(texts)]
    return {
        "suite": question.item[0],
        "example_id": question.item[1],
        "key": question.key,
        "outcome": "tie" if rule else prompt.outcome(readings),
        "rule": rule,
        "readings": ["tie", "tie"] if rule else readings,
        "replies": [] if rule else [None if text is None else text[:MOST_KEPT] for text in texts],
        "error": error,
        "time": round(time.time(), 3),
    }


def _write(run: Run, judge: Judge) -> None:
    """eval/judge.json from all that this judge has said of the run so far."""
    comparison = run.comparison()
    by_item = _by_item(comparison["items"])
    rows = _rows(run, judge.key)
    first = comparison["changes"][0]["suite"]
    order = [first, *items.FIRST_SUITES]
    names = sorted({row["suite"] for row in rows}, key=lambda name: (order.index(name) if name in order else 99, name))
    suites = [
        {"suite": name, "items": sum(suite == name for suite, _ in by_item)}
        | stats.rates([row for row in rows if row["suite"] == name], by_item, seed=run.spec().seed)
        for name in names
    ]
    tested = [found for found in suites if found["p"] is not None]
    for found, p in zip(tested, holm([found["p"] for found in tested]), strict=True):
        found["p_adjusted"] = p
    for found in suites:
        found["word"] = _word(found)
    atomic.write_json(
        run.file("llm_judge"),
        {"judge": judge.to_dict(), "rows": judge.key, "suites": suites, "time": round(time.time(), 3)},
    )


def _word(found: Mapping[str, Any]) -> str:
    """tuned, base or cannot_tell, by interval and adjusted p as verdicts are; not_measured where nothing was judged."""
    if not found["n"]:
        return "not_measured"
    if found["low"] is None or found["low"] <= 0.5 <= found["high"] or found["p_adjusted"] >= LEVEL:
        return "cannot_tell"
    return "tuned" if found["rate"] > 0.5 else "base"


def read(run: Run) -> dict[str, Any] | None:
    """The latest judge's result with its agreement with the votes there are now; None where no judge was asked.

    {"judge": who, "suites": [a suite's rates], "agreement": see `stats.agreement`}. Only where agreement["trusted"] is
    true may its numbers count for anything.
    """
    found = atomic.read_json(run.file("llm_judge"))
    comparison = run.comparison()
    if found is None or comparison is None:
        return None
    cast = votes.read(run)
    by_item = _by_item(comparison["items"])
    return found | {"agreement": stats.agreement(_rows(run, found["rows"]), cast, by_item, seed=run.spec().seed)}


def _rows(run: Run, key: str) -> list[dict[str, Any]]:
    """Every item's latest judgement."""
    latest = {(row["suite"], row["example_id"]): row for row in atomic.read_lines(run.judgements(key))}
    return list(latest.values())


def _by_item(found: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(item["suite"], item["example_id"]): item for item in found}
