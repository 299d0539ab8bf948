"""The report as Markdown. What comes from data or models stands in it as text: no character of it is markup."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from engine.markup import visible
from engine.pictures import described
from engine.text import text

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$])")


def draw(content: dict[str, Any]) -> str:
    """The document for the content (content.content)."""
    return "\n".join(_lines(content)).rstrip() + "\n"


def plain(said: str) -> str:
    """The text on one line, every character that could be markup escaped.

    >>> plain("a *b* <i>c</i>")
    'a \\\\*b\\\\* &lt;i\\\\>c&lt;/i\\\\>'
    """
    one_line = " ".join(visible(said).split())
    return _MARKUP.sub(r"\\\1", one_line.replace("&", "&amp;").replace("<", "&lt;"))


def quoted(said: str) -> str:
    """The text as a quote, line by line as it stands."""
    return "\n".join(f"> {plain(line)}  ".rstrip() or ">" for line in visible(said).splitlines()) or "> –"


def _lines(content: dict[str, Any]) -> Iterator[str]:
    lang = content["language"]
    yield from (f"# {plain(content['title'])}", "")
    yield from (plain(" · ".join([*content["subtitle"], content["date"], content["run"]])), "")
    if content["notice"]:
        yield from (f"**{text('page.case.notice', lang)}** {plain(content['notice'])}", "")
    verdict = content["verdict"]
    yield from (f"**{verdict['sign']} {plain(verdict['first'])}**", "")
    for line in [*verdict["rest"], *verdict["below"]]:
        yield f"- {_toned(line)}"
    for picture in content["pictures"]:
        yield from ("", f"## {plain(picture['title'])}", "", plain(picture["under"]), "")
        yield from _picture(picture)
    yield from _examples(content["examples"], lang)
    for section in content["sections"]:
        yield from ("", f"## {plain(section['title'])}", "")
        for block in section["blocks"]:
            yield from _block(block)


def _picture(picture: dict[str, Any]) -> Iterator[str]:
    if picture["none"]:
        yield plain(picture["none"])
    for group in picture["bars"]:
        label = f"{group['label']}: " if group["label"] else ""
        yield f"- {plain(label + described(group))}"
        if group["line"]:
            yield f"  {plain(group['line'])}"
    for _, count, name, *_ in picture["parts"]:
        yield f"- {plain(name)}: {count}"


def _examples(examples: dict[str, Any], lang: str) -> Iterator[str]:
    yield from ("", f"## {plain(text('report.section.examples', lang))}", "")
    yield from (plain(f"{examples['rule']} {examples['note']}"), "")
    for item in examples["items"]:
        yield from (f"### {plain(item['title'])}", "", plain(f"{item['place']} · {item['score']}"), "")
        label = "page.question" if item["answered"] else "report.examples.text"
        yield from (f"{text(label, lang)}:", "", quoted(item["prompt"]), "")
        if item["reference"] and item["answered"]:
            yield from (f"{text('page.reference', lang)}:", "", quoted(item["reference"]), "")
        for arm in ("base", "tuned", "prompted") if item["answered"] else ():
            if item[arm] or arm != "prompted":
                said = item[arm] if item[arm].strip() else text("page.items.no_answer", lang)
                yield from (f"**{text(f'page.arm.{arm}', lang)}**:", "", quoted(said), "")


def _block(block: dict[str, Any]) -> Iterator[str]:
    if block.get("caption"):
        yield from (f"**{plain(block['caption'])}**", "")
    if block["kind"] == "lines":
        yield from (f"- {_toned(line)}" for line in block["lines"])
    elif block["kind"] == "facts":
        yield from (f"- {plain(label)}: {plain(f'{value} {small}')}" for label, value, small in block["rows"])
    elif block["kind"] == "table":
        yield _row(block["header"])
        yield "|" + "|".join("---:" if at in block["numeric"] else "---" for at in range(len(block["header"]))) + "|"
        yield from (_row(row) for row in block["rows"])
    elif block["kind"] == "quote":
        yield from (f"{plain(block['label'])}:", "", quoted(block["text"]))
    elif block["kind"] == "curve":
        yield from _curve(block["log"])
    yield ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"


def _curve(log: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The curve as figures: the held-out loss, else the first and last of training."""
    held = [line for line in log if line.get("kind") == "validation"]
    yield from (
        f"- {line.get('kind', 'train')}, {line['step']}: {line['loss']:.3g}" for line in held or (log[0], log[-1])
    )


def _toned(line: dict[str, str]) -> str:
    return ("▼ " if line["tone"] == "bad" else "") + plain(line["text"])
