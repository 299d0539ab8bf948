"""The data as the page shows it: what the model sees, what is held out, the account of every row, leakage."""

from collections.abc import Sequence
from typing import Any

from engine.figures import suite_title
from engine.numbers import figure
from engine.text import has, text
from engine.verdict import not_measured
from ui import icons
from ui.html import esc, facts, notice, table, tag, waiting

MOST_ISSUES = 100
SHOWN_PER_SUITE = 4
SHOWN_SAMPLES = 4


def suite_summary(suite: str, lang: str) -> str:
    return text(f"suite.{suite}.summary", lang) if has(f"suite.{suite}.summary") else ""


def reading(lang: str) -> str:
    return waiting(text("page.data.reading", lang))


def preview(found: dict[str, Any], lang: str) -> str:
    """Everything `launch.preview` tells about the data."""
    parts = [
        _section(text("page.data.title", lang), ""),
        counts(found, lang),
        samples(found.get("samples", ())[:SHOWN_SAMPLES], lang),
        held_out(found.get("held_out", ()), lang),
    ]
    parts.append(made(found, lang))
    parts.append(issues(found.get("issues", ()), lang))
    parts.append(leakage(found.get("leakage") or {}, lang))
    return "".join(parts)


def counts(found: dict[str, Any], lang: str) -> str:
    """How many rows go where."""
    shown = {
        esc(text("page.data.train", lang)): figure(found.get("train")),
        esc(text("page.data.validation", lang)): figure(found.get("validation")),
    }
    shown |= {
        esc(suite_title(suite, lang)): figure(n)
        for suite, n in sorted((found.get("suites") or {}).items(), key=lambda pair: suite_order(pair[0]))
    }
    if found.get("tokens_per_epoch"):
        shown[esc(text("page.data.tokens", lang))] = figure(found["tokens_per_epoch"])
    return facts(shown)


def samples(found: Sequence[dict[str, Any]], lang: str) -> str:
    """Training rows just as the model sees them, prompt, answer and template told apart."""
    if not found:
        return ""
    present = {part["kind"] for sample in found for part in sample["segments"]}
    present |= {"rejected" for sample in found if "rejected" in sample}
    kinds = [kind for kind in ("prompt", "answer", "rejected", "template") if kind in present]
    keys = "".join(tag("span", esc(text(f"page.data.{kind}", lang)), cls=f"k-seg k-seg-{kind}") for kind in kinds)
    kind = str(found[0].get("kind", "completion"))
    under = f"page.data.seen_help_{kind}" if has(f"page.data.seen_help_{kind}") else "page.data.seen_help"
    head = _section(text("page.data.seen", lang), text(under, lang))
    rows = "".join(_sample(sample, lang) for sample in found)
    return head + tag("div", keys, cls="k-legend") + tag("div", rows, cls="k-samples")


def _sample(sample: dict[str, Any], lang: str) -> str:
    parts = "".join(
        tag("span", esc(part["text"]), cls=f"k-seg k-seg-{esc(part['kind'])}") for part in sample["segments"]
    )
    counted, prompt, answer = "sample_tokens", sample.get("prompt_tokens", "–"), sample.get("answer_tokens", "–")
    if "rejected" in sample:
        parts += tag("span", esc(sample["rejected"]), cls="k-seg k-seg-rejected k-seg-other")
        counted = "pair_tokens"
    if "answer_tokens" not in sample:
        counted = "prompt_tokens"
    words = text(
        f"page.data.{counted}", lang, prompt=prompt, answer=answer, rejected=sample.get("rejected_tokens", "–")
    )
    label = thumb(sample["label"], lang) if "label" in sample else ""
    return tag("figure", tag("pre", parts) + tag("figcaption", label + tag("span", esc(words))), cls="k-sample")


def thumb(up: bool, lang: str) -> str:
    """A thumb up or down with its word."""
    word = text(f"page.data.thumb_{'up' if up else 'down'}", lang)
    return tag("span", icons.thumb(up) + esc(word), cls=f"k-label k-label-{'good' if up else 'bad'}")


def held_out(found: Sequence[dict[str, Any]], lang: str) -> str:
    """Questions kept out of training, by suite: the task first, what must not be lost last."""
    if not found:
        return ""
    suites = sorted({item["suite"] for item in found}, key=suite_order)
    blocks = []
    for suite in suites:
        items = [item for item in found if item["suite"] == suite][:SHOWN_PER_SUITE]
        lines = (tag("li", _asked(item)) for item in items)
        head = tag("h4", esc(suite_title(suite, lang))) + tag("p", esc(suite_summary(suite, lang)))
        blocks.append(tag("div", head + tag("ul", "".join(lines), cls="k-qa"), cls="k-suite"))
    head = _section(text("page.data.held_out", lang), text("page.data.held_out_help", lang))
    return head + tag("div", "".join(blocks), cls="k-suites")


def made(found: dict[str, Any], lang: str) -> str:
    """What was left out of training so that a test can ask of it, and which tests could not be made, and why."""
    entities = found.get("entities") or {}
    lines = not_measured({"not_measured": found.get("not_made")}, lang)
    if entities.get("names"):
        names = text("page.data.name_separator", lang).join(entities["names"])
        lines = [text("page.data.entities", lang, names=names, rows=figure(entities["rows"])), *lines]
    return tag("div", "".join(tag("p", esc(line)) for line in lines), cls="k-notes") if lines else ""


def _asked(item: dict[str, Any]) -> str:
    """A held-out question with the answer it is measured by; of a pair both answers; a text as it is."""
    if not item["question"]:
        return tag("small", esc(item["reference"]), cls="k-text")
    shown = esc(item["question"]) + (tag("small", esc(item["reference"])) if item["reference"] else "")
    return shown + (tag("small", esc(item["rejected"]), cls="k-rejected") if item.get("rejected") else "")


def suite_order(suite: str) -> tuple[int, str]:
    """Where a suite stands: the task, then declining, then general knowledge; suites of the user's between."""
    known = {
        "reworded": 0,
        "pairs": 0,
        "documents": 0,
        "unseen": 1,
        "open_book": 2,
        "unanswerable": 4,
        "general": 5,
        "plain_text": 6,
        "trained": 7,
    }
    return known.get(suite, 3), suite


def issues(found: Sequence[dict[str, Any]], lang: str) -> str:
    """The rows that were dropped or mended, each with its number and the reason."""
    if not found:
        return notice(text("page.data.no_issues", lang), tone="good")
    dropped = sum(bool(issue.get("dropped")) for issue in found)
    title = text("page.data.issues", lang, dropped=dropped, mended=len(found) - dropped)
    rows = [
        (
            "–" if issue.get("source_row") is None else figure(issue["source_row"]),
            esc(text("page.data.dropped" if issue.get("dropped") else "page.data.mended", lang)),
            esc(issue.get("message", "")),
        )
        for issue in found[:MOST_ISSUES]
    ]
    columns = [esc(text(f"page.data.{key}", lang)) for key in ("row", "what", "reason")]
    more = tag("p", esc(text("page.and_more", lang, n=len(found) - MOST_ISSUES))) if len(found) > MOST_ISSUES else ""
    return _section(title, "") + table(columns, rows, numeric=(0,)) + more


def leakage(found: dict[str, Any], lang: str) -> str:
    """Whether held-out questions stand in the training rows; where some do, which."""
    if not found:
        return ""
    leaked = sum(suite.get("exact", 0) + suite.get("near", 0) for suite in found.values())
    total = sum(suite.get("test", 0) for suite in found.values())
    if not leaked:
        return notice(text("page.data.no_leakage", lang, n=figure(total)), tone="good")
    pairs = [pair for suite in found.values() for pair in suite.get("pairs", ())][:20]
    head = [esc(text("page.data.leaked_test", lang)), esc(text("page.data.leaked_train", lang))]
    listed = table(head, [(esc(pair["test"]), esc(pair["train"])) for pair in pairs], cls="k-pairs") if pairs else ""
    return notice(text("page.data.leakage", lang, leaked=figure(leaked), n=figure(total)), tone="warn") + listed


def _section(title: str, under: str) -> str:
    return tag("div", tag("h3", esc(title)) + (tag("p", esc(under)) if under else ""), cls="k-section")
