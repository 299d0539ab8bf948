"""The test items one by one: filters with their counts, the list, and one item with both answers side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import figures
from engine.registry import metrics
from engine.text import text
from ui.diff import marked
from ui.html import esc, tag
from ui.numbers import figure
from ui.result_view import OUTCOMES, suites_of

MOST_LISTED = 300
SIGNS = {"fixed": "▲", "improved": "△", "same": "=", "worsened": "▽", "broken": "▼", "not_measured": "–"}


def select(items: Sequence[Mapping[str, Any]], *, outcome: str, suite: str, search: str) -> list[Mapping[str, Any]]:
    """The items of an outcome and a suite ("" for any) whose question, reference or answers hold the words searched."""
    words = search.casefold().split()
    return [item for item in items if _fits(item, outcome, suite) and all(word in _text(item) for word in words)]


def _fits(item: Mapping[str, Any], outcome: str, suite: str) -> bool:
    return (not outcome or item["outcome"] == outcome) and (not suite or item["suite"] == suite)


def _text(item: Mapping[str, Any]) -> str:
    return " ".join((item["question"], item["reference"], item["base"], item["tuned"])).casefold()


def filters(items: Sequence[Mapping[str, Any]], *, outcome: str, suite: str, lang: str) -> str:
    """Chips for suite and outcome, each with how many items it would show."""
    suites = suites_of(items)
    rows = ""
    if len(suites) > 1:
        chips = [_chip("suite", "", text("page.items.all_suites", lang), len(items), suite)]
        chips += [
            _chip("suite", name, figures.suite_title(name, lang), sum(i["suite"] == name for i in items), suite)
            for name in suites
        ]
        rows += tag("div", "".join(chips), cls="k-chips", role="group", aria_label=text("page.items.suite", lang))
    here = [item for item in items if _fits(item, "", suite)]
    chips = [_chip("outcome", "", text("page.items.all", lang), len(here), outcome)]
    for name in OUTCOMES:
        count = sum(item["outcome"] == name for item in here)
        label = f"{SIGNS[name]} {text(f'outcome.{name}', lang)}"
        chips.append(_chip("outcome", name, label, count, outcome))
    return rows + tag("div", "".join(chips), cls="k-chips", role="group", aria_label=text("page.items.outcome", lang))


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


def listing(chosen: Sequence[Mapping[str, Any]], open_id: str, lang: str) -> str:
    """The items that fit, one line each."""
    if not chosen:
        return tag("p", esc(text("page.items.none", lang)), cls="k-muted")
    lines = "".join(_line(item, item["example_id"] == open_id, lang) for item in chosen[:MOST_LISTED])
    more = len(chosen) - MOST_LISTED
    return tag("div", lines, cls="k-item-list") + (
        tag("p", esc(text("page.and_more", lang, n=more)), cls="k-muted") if more > 0 else ""
    )


def _line(item: Mapping[str, Any], is_open: bool, lang: str) -> str:
    sign = tag("span", SIGNS[item["outcome"]], cls=f"k-o-{item['outcome']}", title=_outcome(item, lang))
    inside, current = sign + tag("span", esc(item["question"])), "true" if is_open else None
    return tag("button", inside, type="button", cls="k-item", data_pick=item["example_id"], aria_current=current)


def _outcome(item: Mapping[str, Any], lang: str) -> str:
    key = "verdict.not_measured.word" if item["outcome"] == "not_measured" else f"outcome.{item['outcome']}"
    return text(key, lang)


def detail(chosen: Sequence[Mapping[str, Any]], open_id: str, lang: str) -> str:
    """One item: question, reference, both answers with what differs marked, its scores, the way to the next."""
    place = next((i for i, item in enumerate(chosen) if item["example_id"] == open_id), None)
    if place is None:
        return ""
    item = chosen[place]
    head = tag("span", esc(f"{SIGNS[item['outcome']]} {_outcome(item, lang)}"), cls=f"k-pill k-o-{item['outcome']}")
    head += tag("span", esc(figures.suite_title(item["suite"], lang)), cls="k-muted")
    asked = _part(text("page.question", lang), esc(item["question"]), "k-asked")
    reference = _part(text("page.reference", lang), esc(item["reference"]), "k-reference")
    base, tuned = marked(item["base"], item["tuned"])
    panes = tag(
        "div", _pane("base", base, item, 0, lang) + _pane("tuned", tuned, item, 1, lang), cls="k-panes k-panes-small"
    )
    top = tag("div", head + _steps(chosen, place, lang), cls="k-item-head")
    return tag(
        "article", top + asked + reference + panes + _others(item, lang) + _scores(item, lang), cls="k-item-detail"
    )


def _others(item: Mapping[str, Any], lang: str) -> str:
    """What base with instructions and examples, and the nearest training answer, make of the item."""
    lines = "".join(
        tag("dt", esc(text(f"page.arm.{arm}", lang))) + tag("dd", esc(words or text("page.items.no_answer", lang)))
        for arm, words in (item.get("others") or {}).items()
    )
    title = tag("summary", esc(text("page.result.arms.answers", lang)))
    return tag("details", title + tag("dl", lines, cls="k-others"), cls="k-more") if lines else ""


def _steps(chosen: Sequence[Mapping[str, Any]], place: int, lang: str) -> str:
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


def _pane(arm: str, answer: str, item: Mapping[str, Any], index: int, lang: str) -> str:
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


def _scores(item: Mapping[str, Any], lang: str) -> str:
    """What each metric made of both answers; the one that says whether the item is right is marked."""
    lines = []
    for name, before in item["base_scores"].items():
        after = item["tuned_scores"].get(name)
        if before is None or after is None:
            continue
        shown = " → ".join(figures.score(value, metrics()[name], lang) for value in (before, after))
        decides = " k-decides" if name == item["metric"] else ""
        title = tag("dt", esc(figures.metric_title(name, lang)))
        lines.append(tag("div", title + tag("dd", esc(shown)), cls=f"k-score{decides}"))
    return tag("dl", "".join(lines), cls="k-scores")
