"""The story of a finished run in large type, one slide after the other: the question, before, after, why, the numbers,
the limits. A dialog that page.js opens over everything; it needs no model and no server."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine import examples, pictures, verdict
from engine.atomic import read_json
from engine.markup import short
from engine.report.checking import limits
from engine.rundir import Run
from engine.text import text
from ui import examples_view, runs
from ui.html import esc, tag

SIZES = ((80, "xl"), (220, "l"), (520, "m"))  # up to so many characters are set so large
LONGEST = 1600  # characters of a text on a slide

Shown = Mapping[str, Any]


def button(lang: str) -> str:
    """What opens the story; page.js listens."""
    return tag("button", esc(text("demo.open", lang)), type="button", cls="k-chip k-demo-open", data_demo="open")


def dialog(run: Run, found: Mapping[str, Any], said: pictures.Answers, lang: str) -> str:
    """All slides of a run with a result, closed."""
    slides = list(_slides(run, found, said, lang))
    drawn = "".join(_slide(inside, at, len(slides), lang) for at, inside in enumerate(slides, 1))
    keys = {"back": "‹", "next": "›"}
    buttons = {name: _button(name, sign, lang) for name, sign in keys.items()}
    place = tag("span", f"1 / {len(slides)}", cls="k-demo-place k-numbers")
    hint = tag("span", esc(text("demo.hint", lang)), cls="k-demo-hint")
    controls = buttons["back"] + place + buttons["next"] + hint + _button("close", "×", lang)
    foot = tag("div", controls, cls="k-demo-foot")
    bar = tag("div", tag("i"), cls="k-demo-bar", aria_hidden="true")
    label = text("demo.label", lang, title=runs.title(run, lang))
    return tag("dialog", bar + tag("div", drawn, cls="k-slides") + foot, cls="k-demo k", aria_label=label, tabindex=-1)


def _button(name: str, sign: str, lang: str) -> str:
    label = text(f"demo.{name}", lang)
    return tag("button", sign, type="button", cls="k-step", data_demo=name, aria_label=label, title=label)


def _slide(inside: str, at: int, of: int, lang: str) -> str:
    hidden = None if at == 1 else ""
    label = text("demo.slide", lang, n=at, of=of)
    return tag("section", inside, cls="k-slide", hidden=hidden, tabindex=-1, role="group", aria_label=label)


def _slides(run: Run, found: Mapping[str, Any], said: pictures.Answers, lang: str) -> Iterator[str]:
    shown = examples_view.of(run, lang)
    items = {item["rule"]: item for item in shown["items"]}
    typical = items.get("median") or next(iter(items.values()), None)
    yield _title(run, lang)
    if typical and not typical["answered"]:
        yield _text(typical, shown, lang)
    elif typical:
        yield from _story(run, typical, shown, lang)
    for rule in ("best", "worst"):
        if rule in items and items[rule] is not typical and items[rule]["answered"]:
            yield _pair(items[rule], lang)
    yield from _numbers(found, said, lang)
    yield _lines("limits", [*_warnings(found, lang), *limits(run, found, lang)], lang)


def _title(run: Run, lang: str) -> str:
    spec = runs.spec(run)
    told = read_json(run.file("report"), default={})
    rows = (told.get("splits") or {}).get("train")
    parts = [runs.method_title(spec.method, lang), runs.short_model(spec.model)]
    parts += [text("demo.rows", lang, n=f"{rows:,}")] if rows else []
    name = tag("h2", esc(runs.title(run, lang)), cls="k-slide-title")
    asked = tag("p", esc(text("demo.question", lang)), cls="k-slide-lead")
    return asked + name + tag("p", esc(" · ".join(parts)), cls="k-muted")


def _story(run: Run, item: Shown, shown: Shown, lang: str) -> Iterator[str]:
    """One question on four slides: the question, what base said, what the tuned model said, and why."""
    asked = _said("asked", short(item["prompt"], lang, most=LONGEST))
    rule = tag("p", esc(f"{shown['rule']} {shown['note']}".strip()), cls="k-muted k-slide-note")
    yield _head("typical", lang) + asked + rule
    small = tag("p", esc(short(item["prompt"], lang, most=300)), cls="k-slide-small", dir="auto")
    yield _head("before", lang) + small + _pane("base", item, lang)
    yield _head("after", lang) + small + _pane("tuned", item, lang)
    yield _head("same" if _same(item) else "why", lang) + small + _why(item, lang)


def _text(item: Shown, shown: Shown, lang: str) -> str:
    """A plain text, whose likelihood is judged: there is no answer to tell of."""
    rule = tag("p", esc(f"{shown['rule']} {shown['note']}".strip()), cls="k-muted k-slide-note")
    score = tag("p", esc(item["score"]), cls="k-slide-verdict")
    return _head("typical", lang) + _said("asked", short(item["prompt"], lang, most=LONGEST)) + score + rule


def _why(item: Shown, lang: str) -> str:
    """What was wanted, both answers with what is right and what nothing supports, and what was trained on."""
    parts = [_labelled(text("page.reference", lang), item["reference"], lang)] if item["reference"] else []
    parts.append(tag("div", _pane("base", item, lang) + _pane("tuned", item, lang), cls="k-slide-two"))
    parts.append("" if _same(item) and not (item["taught"] or {}).get("n") else _taught(item["taught"], lang))
    parts.append(tag("p", esc(item["score"]), cls="k-muted k-numbers"))
    return "".join(parts)


def _same(item: Shown) -> bool:
    """Both answered the same."""
    return item["base"].strip() == item["tuned"].strip()


def _taught(taught: Shown | None, lang: str) -> str:
    """A training row on the same thing, or that there was none; nothing where that is not known."""
    if taught is None:
        return ""
    if not taught["n"]:
        return tag("p", esc(text("demo.not_taught", lang)))
    label = text("demo.taught", lang, n=taught["n"])
    row = "\n".join(filter(None, (taught["question"], taught["answer"])))
    return _labelled(label, row, lang)


def _pair(item: Shown, lang: str) -> str:
    asked = tag("p", esc(short(item["prompt"], lang, most=LONGEST)), cls="k-slide-small", dir="auto")
    two = tag("div", _pane("base", item, lang) + _pane("tuned", item, lang), cls="k-slide-two")
    note = tag("p", esc(f"{item['place']} · {item['score']}"), cls="k-muted k-numbers")
    return _head(item["rule"], lang) + asked + two + note


def _numbers(found: Mapping[str, Any], said: pictures.Answers, lang: str) -> Iterator[str]:
    """The verdict with its two pictures; what was lost; whether prompting would do."""
    word = found["verdict"]["word"]
    first = verdict.sentences(found, lang)[0]
    deciding, changed, lost = (pictures.draw(one) for one in pictures.three(found, said, lang))
    sign = tag("p", esc(verdict.headline(found, lang)), cls=f"k-slide-sign k-v-{word}")
    yield sign + tag("p", esc(first["text"]), cls="k-slide-verdict") + tag("div", deciding + changed, cls="k-slide-two")
    declining = pictures.declining(found, lang)
    yield _head("lost", lang) + tag(
        "div", lost + (pictures.draw(declining) if declining else ""), cls="k-slide-two k-slide-lost"
    )
    prompting = verdict.alternatives(found, lang)
    if prompting:
        yield _lines("prompting", prompting, lang)


def _warnings(found: Mapping[str, Any], lang: str) -> list[dict[str, str]]:
    return [line for line in verdict.sentences(found, lang) if line["tone"] == "bad"]


def _lines(key: str, said: list[Any], lang: str) -> str:
    lines = [{"text": one, "tone": ""} if isinstance(one, str) else one for one in said]
    drawn = "".join(tag("li", esc(line["text"]), cls=f"k-line-{line['tone']}") for line in lines)
    return _head(key, lang) + tag("ul", drawn, cls="k-slide-lines")


def _head(key: str, lang: str) -> str:
    return tag("h2", esc(text(f"demo.head.{key}", lang)), cls="k-slide-head")


def _labelled(label: str, said: str, lang: str) -> str:
    words = tag("p", esc(short(said, lang, most=500)), dir="auto")
    return tag("div", tag("small", esc(label)) + words, cls="k-slide-label")


def _said(cls: str, words: str) -> str:
    return tag("p", esc(words), cls=f"k-slide-said k-slide-{cls} k-slide-{_size(words)}", dir="auto")


def _pane(arm: str, item: Shown, lang: str) -> str:
    head = tag("h3", esc(text(f"page.arm.{arm}", lang)))
    words = tag(
        "p", examples.drawn(item, arm, lang, most=LONGEST), cls=f"k-slide-said k-slide-{_size(item[arm])}", dir="auto"
    )
    return tag("div", head + words, cls=f"k-pane k-pane-{arm} k-slide-pane")


def _size(words: str) -> str:
    """How large a text is set: the longer, the smaller."""
    return next((size for most, size in SIZES if len(words) <= most), "s")
