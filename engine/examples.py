"""Items that show what a run did, chosen by a rule that nobody can bend: the best, the median and the worst change.

Page, report and demo show the same ones. No torch."""

from collections.abc import Mapping
from typing import Any

from engine import diff, figures, registry
from engine.diff import little_differing
from engine.evaluate_name import is_named
from engine.fact_marks import marks
from engine.markup import esc, short
from engine.rundir import Run
from engine.text import text

# These judge which of the given answers is likelier, not what is written.
BY_CHOICE = frozenset({"choice_accuracy", "preference_accuracy"})
LONGEST = 6000  # characters of an answer: a report of three need not hold a book


def examples(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of the deciding items the one that gained most, the one with the median change and the one that lost most:
    [{"rule": best, median or worst, "item", "metric", "before", "after", "place", "n"}].

    They are put in order by how much their deciding score changed for the better, equal changes by the item's id,
    which is a hash; of an even number the smaller of the two in the middle is the median. `place` counts from the best,
    1..n. Fewer than three items give fewer examples; none where no item has a deciding score.
    """
    metric, suite = found["changes"][0]["metric"], found["changes"][0]["suite"]
    sign = -1 if registry.metrics()[metric].better == "lower" else 1
    scored = [item for item in found["items"] if item["suite"] == suite and item["base_scores"].get(metric) is not None]
    gain = lambda item: sign * (item["tuned_scores"][metric] - item["base_scores"][metric])  # noqa: E731
    order = sorted(scored, key=lambda item: (-gain(item), item["example_id"]))
    if not order:
        return []
    places = {"best": 0, "worst": len(order) - 1, "median": len(order) // 2}
    taken: dict[int, str] = {}
    for rule, place in places.items():
        taken.setdefault(place, rule)
    return [
        {
            "rule": rule,
            "item": order[place],
            "metric": metric,
            "before": order[place]["base_scores"][metric],
            "after": order[place]["tuned_scores"][metric],
            "place": place + 1,
            "n": len(order),
        }
        for place, rule in sorted(taken.items())
    ]


def shown(run: Run, found: Mapping[str, Any], lang: str = "en") -> dict[str, Any]:
    """The examples with their texts, ready to be drawn: {"rule", "note", "items"}, `rule` saying how they were chosen.

    An item holds its "rule", "title", "place", "score", "example_id", "suite", "prompt", "reference", whether it was
    "answered" (a plain text is not: its likelihood is judged), what "base",
    "tuned" and, where it was asked, "prompted" base said, what it was "taught" of the same
    thing, and whether differences and facts are "marked" in it. Where
    choices are judged those stand for the answers, as `note` then says: a freely written one is not what was judged.
    """
    chosen = examples(found)
    if not chosen:
        return {"rule": text("report.examples.none", lang), "note": "", "items": []}
    metric = registry.metrics()[chosen[0]["metric"]]
    given = likeliest(run) if metric.name in BY_CHOICE else {}
    named = {"metric": figures.metric_title(metric.name, lang), "n": chosen[0]["n"]}
    items = []
    for one in chosen:
        item = one["item"]
        before, after = (figures.score(one[when], metric, lang) for when in ("before", "after"))
        base, tuned = given.get(item["example_id"]) or (item["base"], item["tuned"])
        items.append(
            {
                "rule": one["rule"],
                "title": text(f"report.examples.{one['rule']}", lang),
                "place": text("report.examples.place", lang, place=one["place"], n=one["n"]),
                "score": text("report.examples.score", lang, metric=named["metric"], before=before, after=after),
                **{name: item[name] for name in ("example_id", "suite", "reference")},
                "prompt": asked(item),
                "answered": bool(item["question"]),
                "base": base if item["question"] else "",
                "tuned": tuned if item["question"] else "",
                "prompted": "" if given else (item.get("others") or {}).get("prompted", ""),
                "taught": taught(run, item),
                "marked": not given and not is_named(metric.name),
            }
        )
    note = text("report.examples.by_choice", lang) if given else ""
    if not any(item["answered"] for item in items):
        note = text("report.examples.by_likelihood", lang)
    return {"rule": text("report.examples.rule", lang, **named), "note": note, "items": items}


def drawn(item: Mapping[str, Any], arm: str, lang: str, *, most: int = LONGEST) -> str:
    """What an arm said to a shown item, as HTML: its key facts marked and, where the two answers have most in common,
    what differs. Cut, and then unmarked, where it is longer than `most` characters."""
    said = item[arm]
    if not item["marked"] or not said.strip() or len(said) > most:
        return esc(short(said, lang, most=most))
    titles = {kind: text(f"page.items.fact_{kind}", lang) for kind in ("right", "unsupported")}
    facts = marks(said, prompt=item["prompt"], reference=item["reference"]) if item["reference"] else ()
    left, right = little_differing(item["base"], item["tuned"])
    changed = {"base": {"changed": left, "name": "del"}, "tuned": {"changed": right, "name": "ins"}}.get(arm, {})
    return diff.drawn(said, facts=facts, titles=titles, **changed)


def taught(run: Run, item: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the training rows say of the same thing, the item's group: {"n", "question", "answer"} of the first by id;
    n is 0 where the group was held out whole. None where the item has no group."""
    if not item["group"]:
        return None
    rows = sorted((row for row in run.examples("train") if row.group == item["group"]), key=lambda row: row.id)
    if not rows:
        return {"n": 0, "question": "", "answer": ""}
    return {"n": len(rows), "question": rows[0].question, "answer": rows[0].completion}


def asked(item: Mapping[str, Any]) -> str:
    """What the model was asked, every turn of it but the system's; for a plain text, that text."""
    turns = [turn for turn in item["prompt"] if turn["role"] != "system"]
    if len(turns) < 2:
        return item["question"] or item["reference"]
    return "\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)


def likeliest(run: Run) -> dict[str, tuple[str, str]]:
    """{item's id: (answer, answer)}: which of its given answers each arm finds likeliest per token, before and after:
    what the metrics of BY_CHOICE judge. Items without given answers are left out."""
    losses = [{row.example_id: row.output.choice_losses for row in run.answers(arm)} for arm in ("base", "tuned")]
    found = {}
    for item in run.examples("test"):
        given = (item.completion, *item.alternatives)
        taken = [arm.get(item.id) or () for arm in losses]
        if item.alternatives and all(len(arm) == len(given) for arm in taken):
            found[item.id] = tuple(given[arm.index(min(arm))] for arm in taken)
    return found
