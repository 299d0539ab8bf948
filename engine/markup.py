"""Pieces of HTML for page and report alike. Everything that comes from data, models or users goes through `esc`."""

import html
import re

from engine.text import text

# What a browser, a JavaScript template or Handlebars could act on, beside HTML's own five characters.
_TEMPLATE = {ord("$"): "&#36;", ord("`"): "&#96;", ord("{"): "&#123;", ord("}"): "&#125;"}
# Control characters are shown as pictures; overrides of the writing direction could make a text read as another.
_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"} | {127: "\u2421"}
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F], "\ufffd")
_PLAIN = _CONTROLS | _BIDI
_LONE = re.compile("[\ud800-\udfff]")


def visible(value: object) -> str:
    """The value as text in which nothing is hidden: control characters as pictures, no override of the direction.

    >>> visible("a\\x00b")
    'a␀b'
    """
    return _LONE.sub("\ufffd", str(value)).translate(_PLAIN)


def esc(value: object) -> str:
    """The value as text that no browser or template takes for markup.

    >>> esc("<b>${x}</b>")
    '&lt;b&gt;&#36;&#123;x&#125;&lt;/b&gt;'
    """
    return html.escape(visible(value), quote=True).translate(_TEMPLATE)


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """An element around HTML that is escaped already. `cls` means class; attributes are escaped; None drops one."""
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            key = "class" if key == "cls" else key.replace("_", "-")
            parts.append(f'{key}="{esc(value)}"')
    return f"<{' '.join(parts)}>{content}</{name}>"


def short(answer: str, lang: str, *, most: int) -> str:
    """The answer's first characters, with a sign that it goes on; words where there is none. Not escaped yet."""
    answer = answer.strip() or text("page.items.no_answer", lang)
    return answer if len(answer) <= most else f"{answer[:most]}…"
