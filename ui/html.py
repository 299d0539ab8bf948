"""Small pieces of HTML. Everything that comes from data, models or users goes through `esc` first."""

from collections.abc import Iterable, Mapping, Sequence

import gradio as gr

from engine.markup import esc, short, tag  # noqa: F401 - what every view draws with

# A click on anything with data-pick inside our HTML reaches the handler as event data {"pick": value}.
CLICKS = "kurabeClicks(element, trigger)"


def area(value: str = "", *, classes: str = "", **options: object) -> gr.HTML:
    """A component for our own HTML: put in as it is, never taken for a template; clicks on data-pick arrive."""
    return gr.HTML(
        value,
        apply_default_css=False,
        js_on_load=CLICKS,
        elem_classes=["k", *classes.split()],
        container=False,
        **options,
    )


def notice(message: str, *, tone: str = "plain", title: str = "") -> str:
    """A box with a message: tone plain, good, bad or warn."""
    head = tag("strong", esc(title)) if title else ""
    body = tag("div", esc(message), cls="k-notice-text")
    return tag("div", head + body, cls=f"k-notice k-{tone}", role="alert" if tone == "bad" else "status")


def empty(title: str, what_to_do: str) -> str:
    """What stands in an empty place: what will be here, and what to do."""
    return tag("div", tag("p", esc(title), cls="k-empty-title") + tag("p", esc(what_to_do)), cls="k-empty")


def waiting(message: str) -> str:
    """A line with a turning sign while something is done."""
    return tag(
        "div",
        tag("span", "", cls="k-spin", aria_hidden="true") + tag("span", esc(message)),
        cls="k-wait",
        role="status",
    )


def heading(title: str, under: str = "") -> str:
    return tag("div", tag("h2", esc(title)) + (tag("p", esc(under)) if under else ""), cls="k-heading")


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    cls: str = "",
    numeric: Sequence[int] = (),
    order: Mapping[int, str] | None = None,
) -> str:
    """A table of cells that are HTML already; the columns in `numeric` stand right, and `order` names the columns that
    the rows are sorted by, "ascending" or "descending"."""
    right = {index: "k-num" for index in numeric}
    top = "".join(
        tag("th", cell, cls=right.get(i), scope="col", aria_sort=(order or {}).get(i)) for i, cell in enumerate(head)
    )
    lines = (tag("tr", "".join(tag("td", cell, cls=right.get(i)) for i, cell in enumerate(row))) for row in rows)
    body = tag("thead", tag("tr", top)) + tag("tbody", "".join(lines))
    return scroll(tag("table", body, cls=f"k-table {cls}".strip()))


def scroll(inside: str) -> str:
    """A part that scrolls sideways where it is too wide; by keyboard too, since it can be focused."""
    return tag("div", inside, cls="k-scroll", tabindex="0")


def texts(header: Sequence[str], rows: Iterable[Sequence[str]], *, cls: str = "", numeric: Sequence[int] = ()) -> str:
    """A table of plain texts, laid out as `table`."""
    return table(
        [esc(cell) for cell in header], ([esc(cell) for cell in row] for row in rows), cls=cls, numeric=numeric
    )


def facts(pairs: Mapping[str, str]) -> str:
    """Labels with values, side by side. Both are already HTML."""
    items = (tag("div", tag("dt", label) + tag("dd", value)) for label, value in pairs.items())
    return tag("dl", "".join(items), cls="k-facts")
