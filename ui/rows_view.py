"""The account of every row as the page lists it: filters, one page of rows, corrections by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.data.ledger import STATUSES, Asked
from engine.data.privacy import mask
from engine.numbers import figure
from engine.sentences import sentence, title
from engine.text import has, text
from ui.html import esc, notice, table, tag

PER_PAGE = 25
MOST_CODES = 14
LONGEST_CELL = 260
SIGNS = {"accepted": "✓", "noted": "•", "fixed": "~", "dropped": "×"}


@dataclass(frozen=True)
class Chosen:
    """Which rows are listed, and which page of them."""

    status: str = ""
    code: str = ""
    sort: str = "number"
    descending: bool = False
    page: int = 0
    search: str = ""

    def asked(self) -> Asked:
        return Asked(self.status, self.code, self.search, self.sort, self.descending)


def filters(found: Mapping[str, Mapping[str, int]], chosen: Chosen, lang: str) -> str:
    """Chips for what became of a row, and for what was found in it, each with how many rows it would show."""
    status = found["status"]
    chips = [_chip("status", "", text("page.rows.all", lang), sum(status.values()), chosen.status)]
    for name in STATUSES:
        label = f"{SIGNS[name]} {text(f'page.rows.status.{name}', lang)}"
        chips.append(_chip("status", name, label, status[name], chosen.status))
    drawn = tag("div", "".join(chips), cls="k-chips", role="group", aria_label=text("page.rows.what", lang))
    if found["code"]:
        codes = [_chip("code", "", text("page.rows.any", lang), None, chosen.code)]
        for code, count in list(found["code"].items())[:MOST_CODES]:
            codes.append(_chip("code", code, title(code, lang), count, chosen.code))
        drawn += tag("div", "".join(codes), cls="k-chips", role="group", aria_label=text("page.rows.why", lang))
    return drawn


def _chip(kind: str, value: str, label: str, count: int | None, chosen: str) -> str:
    inside = esc(label) + ("" if count is None else tag("b", figure(count)))
    pressed, disabled = "true" if value == chosen else "false", "true" if count == 0 else None
    picks = {"data_pick": f"{kind}={value}", "aria_pressed": pressed, "aria_disabled": disabled}
    return tag("button", inside, type="button", cls="k-chip", **picks)


def listing(
    rows: Sequence[Mapping[str, Any]], total: int, chosen: Chosen, edits: Mapping[int, Mapping[str, Any]], lang: str
) -> str:
    """One page of rows. `edits` are the corrections made by hand, by row, shown before they are applied."""
    if not rows:
        return tag("p", esc(text("page.rows.none", lang)), cls="k-muted")
    head = [_sorted_by("number", "page.data.row", chosen, lang), _sorted_by("status", "page.data.what", chosen, lang)]
    head += [esc(text("page.rows.text", lang)), _sorted_by("tokens", "page.rows.tokens", chosen, lang)]
    lines = [_line(row, edits.get(row["number"]), lang) for row in rows]
    order = {{"number": 0, "status": 1, "tokens": 3}[chosen.sort]: "descending" if chosen.descending else "ascending"}
    return table(head, lines, cls="k-rows", numeric=(0, 3), order=order) + _pager(total, chosen, lang)


def _sorted_by(sort: str, key: str, chosen: Chosen, lang: str) -> str:
    return tag("button", esc(text(key, lang)), type="button", cls="k-sort", data_pick=f"sort={sort}")


def _line(row: Mapping[str, Any], edit: Mapping[str, Any] | None, lang: str) -> list[str]:
    number, status = row["number"], row["status"]
    shown = figure(number) if number is not None else "–"
    can_be_opened = status != "dropped" or bool(edit or row["texts"])
    opens = tag("button", shown, type="button", cls="k-see", data_pick=f"row={number}") if can_be_opened else shown
    word = tag("span", esc(f"{SIGNS[status]} {text(f'page.rows.status.{status}', lang)}"), cls=f"k-row-{status}")
    place = f"page.rows.place.{row['place']}"
    where = tag("small", esc(text(place, lang))) if has(place) else ""
    told = _why(row, lang)
    badge = tag("span", esc(text(f"page.rows.{'excluded' if edit.get('exclude') else 'edited'}", lang)),
                cls="k-badge") if edit else ""  # fmt: skip
    question = (edit or {}).get("question") or row["question"]
    answer = (edit or {}).get("answer") or row["answer"]
    words = tag("div", _cut(question), cls="k-row-question") + tag("div", _cut(answer), cls="k-row-answer")
    if row["rejected"]:
        words += tag("div", _cut((edit or {}).get("rejected") or row["rejected"]), cls="k-row-answer k-rejected")
    tokens = "–" if row["prompt_tokens"] is None else f"{figure(row['prompt_tokens'])} + {figure(row['answer_tokens'])}"
    return [opens, word + badge + where + told, words, tokens]


def _why(row: Mapping[str, Any], lang: str) -> str:
    """What was found in the row, in sentences; the codes' own words where there is no sentence for one of them."""
    return "".join(tag("small", esc(line), cls="k-row-why") for line in _sentences(row, lang)[:4])


def _sentences(row: Mapping[str, Any], lang: str) -> list[str]:
    codes = row["codes"].split()
    said = [sentence(line, codes, lang) for line in (row["message"] or "").splitlines()]
    titles = [] if all(said) else [text("page.data.name_separator", lang).join(title(code, lang) for code in codes)]
    return [*titles, *filter(None, said)]


def _cut(words: str | None) -> str:
    """The beginning of a text, personal data in it masked: others may look at the list too."""
    words = mask((words or "")[: 4 * LONGEST_CELL])
    return esc(words if len(words) <= LONGEST_CELL else f"{words[:LONGEST_CELL]}…")


def _pager(total: int, chosen: Chosen, lang: str) -> str:
    last = max(0, (total - 1) // PER_PAGE)
    first, end = chosen.page * PER_PAGE + 1, min(total, (chosen.page + 1) * PER_PAGE)
    said = text("page.rows.shown", lang, first=figure(first), last=figure(end), n=figure(total))
    buttons = [_step(chosen.page - 1, chosen.page > 0, "page.rows.previous", lang)]
    buttons.append(_step(chosen.page + 1, chosen.page < last, "page.rows.next", lang))
    return tag("div", tag("span", esc(said), cls="k-muted") + "".join(buttons), cls="k-pager")


def _step(page: int, there: bool, key: str, lang: str) -> str:
    disabled = None if there else "true"
    inside = esc(text(key, lang))
    return tag("button", inside, type="button", cls="k-step", data_pick=f"page={page}", aria_disabled=disabled)


def opened(row: Mapping[str, Any], edit: Mapping[str, Any] | None, lang: str) -> str:
    """What stands above the fields of the row that is being corrected."""
    head = tag("h4", esc(text("page.rows.row_title", lang, n=figure(row["number"]))))
    told = "".join(tag("p", esc(line), cls="k-muted") for line in _sentences(row, lang))
    if row["status"] == "dropped":
        told += tag("p", esc(text("page.rows.dropped_help", lang)))
    if edit:
        told += tag("p", esc(text(f"page.rows.{'excluded' if edit.get('exclude') else 'edited'}_help", lang)))
    return head + told


def corrections(edits: Sequence[Mapping[str, Any]], applied: int, lang: str) -> str:
    """The corrections made by hand, the newest first, each to be taken back; and whether the list knows them yet."""
    if not edits:
        return ""
    lines = []
    for edit in reversed(edits):
        number = int(edit.get("row", 0))
        what = "excluded_line" if edit.get("exclude") else "edited_line"
        label = text("page.rows.take_back", lang)
        undo = tag("button", esc(label), type="button", cls="k-step", data_pick=f"undo={number}")
        lines.append(tag("li", tag("span", esc(text(f"page.rows.{what}", lang, n=figure(number)))) + undo))
    head = tag("h4", esc(text("page.rows.corrections", lang, n=figure(len(edits)))))
    waiting = "" if applied == len(edits) else notice(text("page.rows.not_checked", lang))
    return head + tag("p", esc(text("page.rows.untouched", lang)), cls="k-muted") + waiting + tag(
        "ul", "".join(lines), cls="k-corrections"
    )  # fmt: skip
