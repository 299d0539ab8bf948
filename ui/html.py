"""Small pieces of HTML. Everything that comes from data, models or users goes through `esc` first."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence

import gradio as gr

from engine.text import text

# What a browser, a JavaScript template or Handlebars could act on, beside HTML's own five characters.
_TEMPLATE = {ord("$"): "&#36;", ord("`"): "&#96;", ord("{"): "&#123;", ord("}"): "&#125;"}
# Control characters are shown as pictures; overrides of the writing direction could make a text read as another.
_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"} | {127: "\u2421"}
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F], "\ufffd")
_PLAIN = _CONTROLS | _BIDI
_LONE = re.compile("[\ud800-\udfff]")

# A click on anything with data-pick inside our HTML reaches the handler as event data {"pick": value}.
CLICKS = "kurabeClicks(element, trigger)"


def esc(value: object) -> str:
    """The value as text that no browser or template takes for markup.

    >>> esc("<b>${x}</b>")
    '&lt;b&gt;&#36;&#123;x&#125;&lt;/b&gt;'
    """
    shown = _LONE.sub("\ufffd", str(value)).translate(_PLAIN)
    return html.escape(shown, quote=True).translate(_TEMPLATE)


def short(answer: str, lang: str, *, most: int) -> str:
    """The answer's first characters, with a sign that it goes on; words where there is none. Not escaped yet."""
    answer = answer.strip() or text("page.items.no_answer", lang)
    return answer if len(answer) <= most else f"{answer[:most]}…"


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


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """An element around HTML that is escaped already. `cls` means class; attributes are escaped; None drops one."""
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            key = "class" if key == "cls" else key.replace("_", "-")
            parts.append(f'{key}="{esc(value)}"')
    return f"<{' '.join(parts)}>{content}</{name}>"


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


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, cls: str = "", numeric: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already; the columns in `numeric` stand right."""
    right = {index: "k-num" for index in numeric}
    top = "".join(tag("th", cell, cls=right.get(i), scope="col") for i, cell in enumerate(head))
    lines = (tag("tr", "".join(tag("td", cell, cls=right.get(i)) for i, cell in enumerate(row))) for row in rows)
    body = tag("thead", tag("tr", top)) + tag("tbody", "".join(lines))
    return tag("div", tag("table", body, cls=f"k-table {cls}".strip()), cls="k-scroll")


def texts(header: Sequence[str], rows: Iterable[Sequence[str]], *, cls: str = "", numeric: Sequence[int] = ()) -> str:
    """A table of plain texts, laid out as `table`."""
    return table(
        [esc(cell) for cell in header], ([esc(cell) for cell in row] for row in rows), cls=cls, numeric=numeric
    )


def facts(pairs: Mapping[str, str]) -> str:
    """Labels with values, side by side. Both are already HTML."""
    items = (tag("div", tag("dt", label) + tag("dd", value)) for label, value in pairs.items())
    return tag("dl", "".join(items), cls="k-facts")
