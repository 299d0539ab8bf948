"""The data as the page shows it: what the model sees, what is held out, the account of every row, leakage."""

from collections.abc import Sequence
from typing import Any

from engine.charts import histogram
from engine.data.privacy import mask
from engine.figures import suite_title
from engine.numbers import duration, figure
from engine.sentences import of_issue, title
from engine.text import has, text
from engine.verdict import not_measured
from ui import icons, masked
from ui.html import esc, facts, notice, table, tag, waiting

SHOWN_PER_SUITE = 4
SHOWN_SAMPLES = 4
FIRST_PAIRS, MOST_PAIRS = 5, 20


def suite_summary(suite: str, lang: str) -> str:
    return text(f"suite.{suite}.summary", lang) if has(f"suite.{suite}.summary") else ""


def reading(lang: str) -> str:
    return waiting(text("page.data.reading", lang))


def preview(found: dict[str, Any], lang: str) -> str:
    """Everything `launch.preview` tells about the data."""
    parts = [
        _section(text("page.data.title", lang), ""),
        counts(found, lang),
        notice(text("page.data.plain_template", lang)) if found.get("plain_template") else "",
        masked.word(lang) if found.get("masked") else "",
        samples(found.get("samples", ())[:SHOWN_SAMPLES], lang),
        held_out(found.get("held_out", ()), lang),
    ]
    parts.append(made(found, lang))
    parts += [split(found, lang), leakage(found.get("leakage") or {}, lang)]
    parts += [lengths(found, lang), issues(found, lang)]
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
    return tag(
        "figure", tag("pre", parts, tabindex="0") + tag("figcaption", label + tag("span", esc(words))), cls="k-sample"
    )


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


def issues(found: dict[str, Any], lang: str) -> str:
    """How many rows were used as they are, mended, dropped; what was told of the file as a whole. The list of every row
    follows below."""
    dropped, fixed = found.get("dropped") or 0, found.get("fixed") or 0
    numbers = {"rows": found.get("rows"), "accepted": found.get("accepted"), "fixed": fixed, "dropped": dropped}
    shown = {esc(text(f"page.own.count.{name}", lang)): figure(value) for name, value in numbers.items()}
    parts = [_section(text("page.data.account", lang), text("page.data.account_help", lang)), facts(shown)]
    parts += [notice(of_issue(issue, lang), tone="warn") for issue in found.get("about_file", ())]
    if not dropped and not fixed:
        parts.append(notice(text("page.data.no_issues", lang), tone="good"))
    personal = [
        name for name in found.get("notices", {}) if name.startswith("personal_") and not name.endswith("_masked")
    ]
    if personal:
        words = text("page.data.name_separator", lang).join(title(name, lang) for name in personal)
        parts.append(notice(text("page.data.personal", lang, kinds=words), tone="warn"))
    long = found.get("too_long") or {}
    if any(long.values()):
        counts = {name: figure(long.get(name, 0)) for name in ("dropped", "cut", "divided")}
        words = text("page.data.too_long", lang, limit=figure(found.get("max_length")), **counts)
        parts.append(notice(words, tone="warn"))
    return "".join(parts)


def lengths(found: dict[str, Any], lang: str) -> str:
    """Histograms of prompts and answers in tokens of the chosen model, an epoch's tokens, and how long that takes."""
    sides = found.get("lengths") or {}
    if not sides:
        return ""
    drawn = []
    for side in ("prompt", "answer"):
        bars = sides[side]
        if sum(bars["counts"]) + bars["beyond"] == 0 or (len(bars["counts"]) == 1 and bars["step"] == 1):
            continue
        name = text(f"page.data.lengths_{side}", lang)
        more = text("page.data.longer", lang)
        chart = histogram(**bars, described=name, unit=text("page.data.tokens_axis", lang), more=more)
        drawn.append(tag("figure", tag("figcaption", esc(name)) + chart, cls="k-length"))
    words = [text("page.data.epoch", lang, tokens=figure(found.get("tokens_per_epoch")))]
    over = sum((found.get("too_long") or {}).values())
    share = over / found["rows"] if found.get("rows") else 0
    words.append(
        text("page.data.over", lang, limit=figure(found.get("max_length")), n=figure(over), share=f"{share:.1%}")
    )
    speed = found.get("speed") or {}
    if speed.get("tokens_per_second") and found.get("tokens_per_epoch"):
        seconds = found["tokens_per_epoch"] / speed["tokens_per_second"]
        rate = figure(speed["tokens_per_second"], 2)
        words.append(text("page.data.epoch_time", lang, time=duration(seconds, lang), rate=rate, run=speed["run"]))
    else:
        words.append(text("page.data.no_speed", lang))
    said = "".join(tag("p", esc(line)) for line in words)
    head = _section(text("page.data.lengths", lang), text("page.data.lengths_help", lang))
    return head + tag("div", "".join(drawn), cls="k-lengths") + tag("div", said, cls="k-notes")


def split(found: dict[str, Any], lang: str) -> str:
    """How the rows were divided, why the test is as large as it is, and by which hash it can be known again."""
    sizes = found.get("sizes") or {}
    lines = []
    if sizes.get("items"):
        points = figure(100 * sizes["detectable"], 2)
        counted = {"n": figure(sizes["items"]), "groups": figure(sizes["groups"]), "points": points}
        lines.append(text("page.data.size_reason", lang, **counted))
    by = found.get("group")
    lines.append(text("page.data.grouped_by", lang, column=by) if by else text("page.data.grouped", lang))
    done = found.get("unleaked") or {}
    lines += [
        text(f"page.data.un{name}", lang, n=figure(done[name])) for name in ("moved", "removed") if done.get(name)
    ]
    hashes = found.get("hashes") or {}
    frozen = [
        tag("span", esc(suite_title(name, lang)) + " " + tag("code", esc(value[:12]), title=value))
        for name, value in sorted(hashes.items(), key=lambda pair: suite_order(pair[0]))
    ]
    said = "".join(tag("p", esc(line)) for line in lines)
    if frozen:
        said += tag("p", esc(text("page.data.frozen", lang)) + " " + " · ".join(frozen), cls="k-hashes")
    return tag("div", said, cls="k-notes")


def leakage(found: dict[str, Any], lang: str) -> str:
    """Whether held-out questions stand in the training rows; where some do, which, and what can be done about it."""
    if not found:
        return ""
    leaked = sum(suite.get("exact", 0) + suite.get("near", 0) for suite in found.values())
    total = sum(suite.get("test", 0) for suite in found.values())
    if not leaked:
        return notice(text("page.data.no_leakage", lang, n=figure(total)), tone="good")
    said = notice(text("page.data.leakage", lang, leaked=figure(leaked), n=figure(total)), tone="warn")
    buttons = "".join(_leak_button(how, lang) for how in ("move", "remove"))
    pairs = [pair for suite in found.values() for pair in suite.get("pairs", ())][:MOST_PAIRS]
    listed = _pairs(pairs[:FIRST_PAIRS], lang) if pairs else ""
    if pairs[FIRST_PAIRS:]:
        more = tag("summary", esc(text("page.data.more_pairs", lang, n=len(pairs) - FIRST_PAIRS)))
        listed += tag("details", more + _pairs(pairs[FIRST_PAIRS:], lang), cls="k-more")
    return said + tag("div", buttons, cls="k-leaks") + listed


def _leak_button(how: str, lang: str) -> str:
    label = esc(text(f"page.rows.leaked.{how}", lang))
    return tag("button", label, type="button", cls="k-step", data_pick=f"leaked={how}")


def _pairs(pairs: Sequence[dict[str, Any]], lang: str) -> str:
    head = [esc(text("page.data.leaked_test", lang)), esc(text("page.data.leaked_train", lang))]
    return table(head, [(_side(pair, "test", lang), _side(pair, "train", lang)) for pair in pairs], cls="k-pairs")


def _side(pair: dict[str, Any], side: str, lang: str) -> str:
    """One of the two texts, with the number of its row and, in the test, how much of it training holds."""
    row, above = pair.get(f"{side}_row"), ""
    if row is not None and side == "test":
        above = text("page.data.pair_contained", lang, n=figure(row), share=f"{pair.get('contained', 1):.0%}")
    elif row is not None:
        above = text("page.data.pair_row", lang, n=figure(row))
    return (tag("small", esc(above)) if above else "") + tag("div", esc(mask(str(pair[side]))))


def _section(title: str, under: str) -> str:
    return tag("div", tag("h3", esc(title)) + (tag("p", esc(under)) if under else ""), cls="k-section")
