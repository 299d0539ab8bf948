"""The blind vote: one question with two unnamed answers; in the end whose they were and what the votes add up to."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import figures
from engine.blind import Ballot, Paper
from engine.charts import stacked_bar
from engine.numbers import figure
from engine.text import text
from engine.votes import CHOICES
from ui import html
from ui.html import empty, esc, heading, notice, tag

KEYS = {"a": "A", "tie": "T", "both_bad": "X", "b": "B"}  # in the order of the buttons, each with its key
MOST_LISTED = 300


def paper(found: Ballot, at: int, lang: str) -> str:
    """One paper: how far the voter is, the question, A and B, the buttons. Nothing in it says which is which."""
    if not found.papers:
        return empty(text("page.vote.none", lang), text("page.vote.none_help", lang, n=found.alike))
    one = found.papers[at]
    asked = tag("div", tag("small", esc(text("page.question", lang))) + _question(one), cls="k-asked")
    both = "".join(_answer(name, words, lang) for name, words in zip("AB", one.answers, strict=True))
    body = _head(found, at, lang) + asked + _turns(one, lang) + tag("div", both, cls="k-panes k-ballot-panes")
    return tag("article", body + _buttons(one, lang) + _reference(one, lang), cls="k-ballot")


def _head(found: Ballot, at: int, lang: str) -> str:
    of = len(found.papers)
    place = tag("span", esc(text("page.vote.place", lang, at=at + 1, of=of)), cls="k-numbers")
    voted = tag("span", esc(text("page.vote.voted", lang, n=found.voted, of=of)), cls="k-muted k-numbers")
    steps = _step("back", at > 0, lang) + _step("skip", at + 1 < of, lang)
    bar = tag("div", tag("i", "", style=f"width:{100 * found.voted / of:.0f}%"), cls="k-progress k-ballot-bar")
    return tag("div", place + voted + tag("span", steps, cls="k-steps-buttons"), cls="k-item-head") + bar


def _step(word: str, there: bool, lang: str) -> str:
    off = None if there else "true"
    words = esc(text(f"page.vote.{word}", lang))
    return tag("button", words, type="button", cls="k-step", data_pick=word, aria_disabled=off)


def _question(one: Paper) -> str:
    return tag("p", esc(one.item["question"]), dir="auto")


def _turns(one: Paper, lang: str) -> str:
    """The turns before the question, folded."""
    turns = one.item["prompt"]
    if len(turns) < 2:
        return ""
    lines = "".join(tag("dt", esc(turn["role"])) + tag("dd", esc(turn["content"])) for turn in turns)
    title = tag("summary", esc(text("page.items.whole_prompt", lang)))
    return tag("details", title + tag("dl", lines, cls="k-others"), cls="k-more")


def _answer(name: str, words: str, lang: str) -> str:
    said = tag("p", esc(words.strip()) or esc(text("page.items.no_answer", lang)), cls="k-answer", dir="auto")
    return tag("section", tag("header", tag("h3", name)) + said, cls="k-pane k-ballot-pane")


def _buttons(one: Paper, lang: str) -> str:
    shown = []
    for word, key in KEYS.items():
        inside = esc(text(f"page.vote.{word}", lang)) + tag("kbd", key)
        pressed = "true" if one.voted == word else "false"
        shown.append(
            tag("button", inside, type="button", cls="k-vote", data_pick=word, data_key=key, aria_pressed=pressed)
        )
    return tag("div", "".join(shown), cls="k-votes", role="group", aria_label=text("page.vote.which", lang))


def _reference(one: Paper, lang: str) -> str:
    if not one.item["reference"]:
        return ""
    words = tag("p", esc(one.item["reference"]), dir="auto")
    title = tag("summary", esc(text("page.vote.reference", lang)))
    return tag("details", title + words, cls="k-more")


def result(found: Mapping[str, Any], everybody: Mapping[str, Any], ballot: Ballot, lang: str) -> str:
    """The names revealed: this voter's votes, everybody's, and each paper with what was said of it."""
    top = heading(text("page.vote.result", lang), text("page.vote.result_help", lang))
    if not found["votes"]:
        return top + notice(text("page.vote.no_votes", lang))
    parts = [_sentence(found, lang), _stack(found, lang), *_length(found, lang)]
    if ballot.alike:
        parts.append(text("page.vote.alike", lang, n=ballot.alike))
    if len(everybody["voters"]) > 1:
        both = text("page.vote.everybody", lang, n=len(everybody["voters"])) + " " + _sentence(everybody, lang)
        parts.append(both)
    drawn = "".join(part if part.startswith("<") else tag("p", esc(part)) for part in parts)
    return top + tag("div", drawn, cls="k-vote-result") + _papers(ballot, lang)


def _sentence(found: Mapping[str, Any], lang: str) -> str:
    """How often tuned won, with its interval, or that nothing was decided."""
    counts = {name: found["counts"][name] for name in CHOICES}
    if not found["decided"]:
        return text("page.vote.undecided", lang, **counts)
    share = {name: f"{100 * found[name]:.0f}" if found[name] is not None else "–" for name in ("rate", "low", "high")}
    key = "rate" if found["low"] is not None else "rate_only"
    said = text(f"page.vote.{key}", lang, wins=found["wins"], decided=found["decided"], **share)
    word = "cannot_tell" if found["low"] is None or found["low"] <= 0.5 <= found["high"] else ""
    word = word or ("tuned" if found["rate"] > 0.5 else "base")
    how = text(f"page.vote.how_{found['how']}", lang) if found["low"] is not None else ""
    return " ".join(filter(None, [said, text(f"page.vote.word_{word}", lang), how]))


def _stack(found: Mapping[str, Any], lang: str) -> str:
    parts = {"base": "base", "tie": "tie", "failed": "both_bad", "tuned": "tuned"}  # how the bar calls them
    shown = [
        (name, found["counts"][word], text(f"page.vote.count_{word}", lang))
        for name, word in parts.items()
        if found["counts"][word]
    ]
    return stacked_bar(shown, text("page.vote.result", lang))


def _length(found: Mapping[str, Any], lang: str) -> list[str]:
    said, longer, length = [], found["longer"], found["length"]
    if longer["of"]:
        said.append(text("page.vote.longer", lang, won=longer["won"], of=longer["of"]))
    if "rate" in length:
        said.append(text("page.vote.length", lang, rate=f"{100 * length['rate']:.0f}"))
    else:
        said.append(text(f"page.vote.length_{length['why']}", lang))
    return said


def _papers(ballot: Ballot, lang: str) -> str:
    """Every paper that has a vote: the question, both answers by name, what was voted."""
    lines = []
    for one in ballot.papers[:MOST_LISTED]:
        if one.voted is None:
            continue
        named = {"a": "tuned" if one.tuned_first else "base", "b": "base" if one.tuned_first else "tuned"}
        word = text(f"page.vote.count_{named.get(one.voted, one.voted)}", lang)
        texts = [esc(one.item[name]) for name in ("question", "base", "tuned")]
        lines.append([*(tag("span", words, dir="auto", cls="k-answer") for words in texts), esc(word)])
    header = [text("page.question", lang), text("page.arm.base", lang), text("page.arm.tuned", lang)]
    table = html.table([esc(one) for one in [*header, text("page.vote.vote", lang)]], lines, cls="k-many")
    title = tag("summary", esc(text("page.vote.all", lang, n=figure(len(lines)))))
    return tag("details", title + table, cls="k-more")


def suite_choices(names: Sequence[str], lang: str) -> list[tuple[str, str]]:
    return [(figures.suite_title(name, lang), name) for name in names]
