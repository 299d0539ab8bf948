"""The test items one by one: filters with their counts, the list, and one item with every arm's answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import figures
from engine.diff import differing, drawn
from engine.fact_marks import marks
from engine.numbers import figure
from engine.pictures import OUTCOMES
from engine.registry import metrics
from engine.schema import EvalRow
from engine.text import text
from ui import html
from ui.clicked import clicked
from ui.html import esc, tag
from ui.result_view import suites_of

MOST_LISTED = 300
SIGNS = {"fixed": "▲", "improved": "△", "same": "=", "worsened": "▽", "broken": "▼", "not_measured": "–"}

Answers = Mapping[str, Mapping[tuple[str, str], EvalRow]]  # every arm's answers by item: items_json.answers
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    """Which items are looked at: by outcome, by suite ("" for any), by words searched, by a number that was
    clicked (see clicked.py); `back` is the "outcome|suite" from before that click."""

    outcome: str = ""
    suite: str = ""
    search: str = ""
    item: str = ""
    number: str = ""
    back: str = ""


def select(found: Mapping[str, Any], chosen: Chosen) -> list[Item]:
    """The items that fit, in their order; by a clicked number those it stands for, what changed most first."""
    words = chosen.search.casefold().split()
    fitting = [item for item in within(found, chosen.number) if _fits(item, chosen.outcome, chosen.suite)]
    return [item for item in fitting if all(word in _text(item) for word in words)]


def within(found: Mapping[str, Any], number: str, lang: str = "en") -> list[Item]:
    """The items that a clicked number stands for; all items where no number was clicked."""
    named = clicked(found, number, lang)
    return list(found["items"]) if named is None else named.items


def _fits(item: Item, outcome: str, suite: str) -> bool:
    return (not outcome or item["outcome"] == outcome) and (not suite or item["suite"] == suite)


def _text(item: Item) -> str:
    return " ".join((item["question"], item["reference"], item["base"], item["tuned"])).casefold()


def filters(found: Mapping[str, Any], chosen: Chosen, lang: str) -> str:
    """Chips for what a clicked number shows, for suite and for outcome, each with how many items it would show."""
    items, rows = within(found, chosen.number), _showing(found, chosen, lang)
    suites = suites_of(found["items"])
    if len(suites) > 1 and not rows:
        chips = [_chip("suite", "", text("page.items.all_suites", lang), len(items), chosen.suite)]
        chips += [
            _chip("suite", name, figures.suite_title(name, lang), sum(i["suite"] == name for i in items), chosen.suite)
            for name in suites
        ]
        rows += tag("div", "".join(chips), cls="k-chips", role="group", aria_label=text("page.items.suite", lang))
    here = [item for item in items if _fits(item, "", chosen.suite)]
    chips = [_chip("outcome", "", text("page.items.all", lang), len(here), chosen.outcome)]
    for name in OUTCOMES:
        count = sum(item["outcome"] == name for item in here)
        label = f"{SIGNS[name]} {text(f'outcome.{name}', lang)}"
        chips.append(_chip("outcome", name, label, count, chosen.outcome))
    return rows + tag("div", "".join(chips), cls="k-chips", role="group", aria_label=text("page.items.outcome", lang))


def _showing(found: Mapping[str, Any], chosen: Chosen, lang: str) -> str:
    """Which number is shown, with the way back."""
    named = clicked(found, chosen.number, lang)
    if named is None:
        return ""
    what = text("page.items.showing", lang, what=named.said)
    undo = text("page.items.showing_undo", lang)
    cross = tag("span", "×", aria_hidden="true", cls="k-cross")
    inside = esc(what) + tag("b", figure(len(named.items))) + cross
    button = tag("button", inside, type="button", cls="k-chip k-showing", data_pick="back=", title=undo)
    return tag("div", button, cls="k-chips")


def _chip(kind: str, value: str, label: str, count: int, chosen: str) -> str:
    inside = esc(label) + tag("b", figure(count))
    cls = f"k-chip k-chip-{value}" if kind == "outcome" and value else "k-chip"
    disabled = "true" if not count else None
    pressed = "true" if value == chosen else "false"
    return tag(
        "button",
        inside,
        type="button",
        cls=cls,
        data_pick=f"{kind}={value}",
        aria_pressed=pressed,
        aria_disabled=disabled,
    )


def listing(chosen: Sequence[Item], open_id: str, lang: str) -> str:
    """The items that fit, one line each."""
    if not chosen:
        return tag("p", esc(text("page.items.none", lang)), cls="k-muted")
    lines = "".join(_line(item, item["example_id"] == open_id, lang) for item in chosen[:MOST_LISTED])
    more = len(chosen) - MOST_LISTED
    return tag("div", lines, cls="k-item-list") + (
        tag("p", esc(text("page.and_more", lang, n=more)), cls="k-muted") if more > 0 else ""
    )


def _line(item: Item, is_open: bool, lang: str) -> str:
    sign = tag("span", SIGNS[item["outcome"]], cls=f"k-o-{item['outcome']}", title=_outcome(item, lang))
    inside, current = sign + tag("span", esc(item["question"])), "true" if is_open else None
    return tag("button", inside, type="button", cls="k-item", data_pick=item["example_id"], aria_current=current)


def _outcome(item: Item, lang: str) -> str:
    key = "verdict.not_measured.word" if item["outcome"] == "not_measured" else f"outcome.{item['outcome']}"
    return text(key, lang)


def detail(chosen: Sequence[Item], open_id: str, lang: str, said: Answers | None = None) -> str:
    """One item: what was asked, the reference, every arm's answer with what differs and the key facts marked, its
    scores, the way to the next. Without `said` base's and tuned's answers are there alone."""
    place = next((i for i, item in enumerate(chosen) if item["example_id"] == open_id), None)
    if place is None:
        return ""
    item = chosen[place]
    head = tag("span", esc(f"{SIGNS[item['outcome']]} {_outcome(item, lang)}"), cls=f"k-pill k-o-{item['outcome']}")
    head += tag("span", esc(figures.suite_title(item["suite"], lang)), cls="k-muted")
    asked = _part(text("page.question", lang), esc(item["question"]), "k-asked")
    wanted = _with_facts(item["reference"], item, lang)
    reference = _part(text("page.reference", lang), wanted, "k-reference") if wanted else ""
    left, right = differing(item["base"], item["tuned"])
    base = _with_facts(item["base"], item, lang, changed=left, name="del")
    tuned = _with_facts(item["tuned"], item, lang, changed=right, name="ins")
    panes = _pane("base", base, item, 0, lang) + _pane("tuned", tuned, item, 1, lang)
    panes = tag("div", panes, cls="k-panes k-panes-small")
    top = tag("div", head + _steps(chosen, place, lang), cls="k-item-head")
    rows = {arm: answers[key] for arm, answers in (said or {}).items() if (key := _key(item)) in answers}
    body = top + asked + _whole_prompt(item, lang) + reference + panes + _legend(reference + panes, lang)
    return tag("article", body + _others(item, rows, lang) + _scores(item, rows, lang), cls="k-item-detail")


def _key(item: Item) -> tuple[str, str]:
    return item["suite"], item["example_id"]


def _with_facts(answer: str, item: Item, lang: str, **changed: Any) -> str:
    """The answer with its key facts marked; a reference's own are those that are asked for."""
    prompt = "\n".join(message["content"] for message in item.get("prompt") or ()) or item["question"]
    found = marks(answer, prompt=prompt, reference=item["reference"]) if item["reference"] else ()
    titles = {kind: text(f"page.items.fact_{kind}", lang) for kind in ("right", "unsupported")}
    return drawn(answer, facts=found, titles=titles, **changed)


def _legend(markup: str, lang: str) -> str:
    """The key of those marks that are there."""
    kinds = {
        "fact_right": 'class="k-fact k-fact-right"',
        "fact_unsupported": 'class="k-fact k-fact-unsupported"',
        "only_base": "<del>",
        "only_tuned": "<ins>",
    }
    keys = []
    for name, sign in kinds.items():
        if sign in markup:
            sample = {"only_base": "<del>abc</del>", "only_tuned": "<ins>abc</ins>"}.get(
                name, tag("mark", "abc", cls=f"k-fact k-fact-{name.removeprefix('fact_')}")
            )
            keys.append(tag("span", sample + esc(text(f"page.items.{name}", lang)), cls="k-key"))
    return tag("div", "".join(keys), cls="k-legend k-pane k-legend-marks") if keys else ""


def _whole_prompt(item: Item, lang: str) -> str:
    """Every turn before the question, folded; nothing where the question was all."""
    turns = item.get("prompt") or []
    if len(turns) < 2:
        return ""
    lines = "".join(tag("dt", esc(turn["role"])) + tag("dd", esc(turn["content"])) for turn in turns)
    title = tag("summary", esc(text("page.items.whole_prompt", lang)))
    return tag("details", title + tag("dl", lines, cls="k-others"), cls="k-more")


def _others(item: Item, rows: Mapping[str, EvalRow], lang: str) -> str:
    """What every arm but base and tuned makes of the item: earlier models, base prompted, looked up."""
    texts = {arm: row.output.text for arm, row in rows.items() if arm not in ("base", "tuned")}
    lines = "".join(
        tag("dt", esc(_arm(arm, lang)))
        + tag("dd", _with_facts(words, item, lang) or esc(text("page.items.no_answer", lang)))
        for arm, words in (texts or item.get("others") or {}).items()
    )
    title = tag("h4", esc(text("page.items.others", lang)))
    return tag("div", title + tag("dl", lines, cls="k-others"), cls="k-others-box") if lines else ""


def _arm(arm: str, lang: str) -> str:
    known = ("base", "prompted", "nearest", "tuned")
    return text(f"page.arm.{arm}", lang) if arm in known else text("page.items.earlier", lang, model=arm)


def _steps(chosen: Sequence[Item], place: int, lang: str) -> str:
    def button(step: int, key: str) -> str:
        there = place + step
        off = not 0 <= there < len(chosen)
        pick = "" if off else chosen[there]["example_id"]
        return tag(
            "button",
            esc(text(f"page.items.{key}", lang)),
            type="button",
            cls="k-step",
            data_pick=pick,
            aria_disabled="true" if off else None,
        )

    where = tag("span", esc(text("page.items.place", lang, i=place + 1, n=len(chosen))), cls="k-muted k-numbers")
    return tag("span", button(-1, "previous") + where + button(1, "next"), cls="k-steps-buttons")


def _part(label: str, inside: str, cls: str) -> str:
    return tag("div", tag("small", esc(label)) + tag("p", inside), cls=cls)


def _pane(arm: str, answer: str, item: Item, index: int, lang: str) -> str:
    notes = [text("page.compare.tokens", lang, n=item["tokens"][index])]
    if item["truncated"][index]:
        notes.append(text("page.items.truncated", lang))
    body = tag("p", answer or esc(text("page.items.no_answer", lang)), cls="k-answer" if answer else "k-answer k-muted")
    foot = tag("footer", esc(" · ".join(notes)))
    return tag(
        "section",
        tag("header", tag("h3", esc(text(f"page.arm.{arm}", lang)))) + body + foot,
        cls=f"k-pane k-pane-{arm}",
    )


def _scores(item: Item, rows: Mapping[str, EvalRow], lang: str) -> str:
    """What each metric made of every arm's answer; the one that says whether the item is right is marked."""
    scores = {"base": item["base_scores"], "tuned": item["tuned_scores"]}
    scores |= {arm: row.scores for arm, row in rows.items() if arm not in scores}
    lines = []
    for name in item["base_scores"]:
        if name not in metrics() or all(given.get(name) is None for given in scores.values()):
            continue
        title = esc(figures.metric_title(name, lang))
        shown = [esc(figures.score(given.get(name), metrics()[name], lang)) for given in scores.values()]
        lines.append([tag("b", title) if name == item["metric"] else title, *shown])
    if not lines:
        return ""
    header = [esc(text("page.items.scores", lang)), *(esc(_arm(arm, lang)) for arm in scores)]
    return html.table(header, lines, cls="k-across k-item-scores", numeric=range(1, len(header)))
