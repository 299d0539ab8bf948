"""Plain text, Markdown and HTML as sections, each under its headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.schema import UserError


@dataclass(frozen=True)
class Block:
    """A section: the headings it stands under, from the document's own down, and where it is: the line of its first
    line, counted from 1, or a place in words."""

    heading: tuple[str, ...]
    text: str
    line: int = 0
    place: str = ""


_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FRONT = re.compile(r"---\n(.*?\n)(?:---|\.\.\.)\n", re.DOTALL)
_TITLE = re.compile(r"^title:\s*[\"']?(.*?)[\"']?\s*$", re.MULTILINE | re.IGNORECASE)
LONGEST_HEADING = 1000  # characters: the patterns above take long for what is much longer


def plain_blocks(text: str) -> list[Block]:
    """The whole text as one section without a heading."""
    return [Block((), text, line=1)]


def markdown_blocks(text: str) -> list[Block]:
    """A section for each heading, written as # or underlined; none inside fenced code. The title that front matter
    gives stands above them; front matter and comments are left out.

    >>> [block.heading for block in markdown_blocks("# A\\nx\\n## B\\ny\\n")]
    [('A',), ('A', 'B')]
    """
    front = _FRONT.match(text)
    titled = front and _TITLE.search(front[1])
    path: list[tuple[int, str]] = [(0, titled[1])] if titled and titled[1] else []
    text = ("\n" * front[0].count("\n") + text[front.end() :]) if front else text
    text = _without_comments(text)
    blocks: list[Block] = []
    held: list[str] = []
    begin, fence = 1, ""

    def close() -> None:
        blocks.append(Block(tuple(name for _, name in path), "\n".join(held), line=begin))
        held.clear()

    def under(level: int, name: str) -> None:
        path[:] = [(other, told) for other, told in path if other < level]
        if name and not (path and path[-1][1] == name):
            path.append((level, name))

    for number, line in enumerate(text.split("\n"), start=1):
        marked = _FENCE.match(line)
        if marked and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else marked[1]
        short = not fence and len(line) <= LONGEST_HEADING
        found = _HEADING.fullmatch(line) if short else None
        underlined = short and held and held[-1].strip() and _UNDERLINE.fullmatch(line)
        if found:
            close()
            under(len(found[1]), (found[2] or "").strip())
            begin = number + 1
        elif underlined and not held[-1].startswith((" ", "\t", "-", "|", ">")) and (held[-2:-1] or [""])[0] == "":
            name = held.pop().strip()
            close()
            under(1 if underlined[1][0] == "=" else 2, name)
            begin = number + 1
        else:
            held.append(line)
    close()
    return [block for block in blocks if block.text.strip()]


def _without_comments(text: str) -> str:
    """The text with only the line breaks of its comments left, so that lines keep their numbers."""
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept += [text[at:start], "\n" * text.count("\n", start, end)]
        at = end + 3
    return "".join(kept) + text[at:]


LEFT_OUT = {"script", "style", "noscript", "template", "nav", "footer", "aside", "iframe", "svg", "head", "form"}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
LINES = {
    *("p", "div", "section", "article", "main", "header", "ul", "ol", "dl", "dt", "dd", "table", "tr", "blockquote"),
    *("pre", "figure", "figcaption", "hr", "address", "details", "summary", "body", "html"),
}
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,30})", re.IGNORECASE)


def html_blocks(raw: bytes, text: str, *, name: str) -> list[Block]:
    """A section for each heading of a page; the page's title stands above them. Scripts, styles, navigation, footers
    and forms are left out. `text` is the decoded page, used where the page does not name its encoding."""
    from lxml import etree, html

    text = _declared(raw) or text
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\x00", "")), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise UserError(f"{name} cannot be read as HTML: {str(error)[:120]}.") from None
    title = " ".join((root.findtext(".//title") or "").split())
    return [block for block in _sections(root, title) if block.text.strip()]


def _declared(raw: bytes) -> str:
    found = _CHARSET.search(raw[:4096])
    try:
        return raw.decode(found[1].decode()) if found else ""
    except (LookupError, UnicodeError):
        return ""


def _sections(root: Any, title: str) -> Iterator[Block]:
    from lxml.etree import iterwalk

    path: list[tuple[int, str]] = [(0, title)] if title else []
    held: list[str] = []
    heading: list[str] | None = None
    skipped = kept_as_is = 0
    line = 1

    def say(words: str | None) -> None:
        if not words or skipped:
            return
        words = words if kept_as_is else re.sub(r"[ \t\r\n\f]+", " ", words)
        (held if heading is None else heading).append(words)

    for event, element in iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            skipped += tag in LEFT_OUT
            kept_as_is += tag == "pre"
            if tag in HEADINGS and not skipped:
                yield Block(tuple(name for _, name in path), _tidy(held), place=f"L{line}")
                held, heading, line = [], [], element.sourceline or line
            elif tag in LINES or tag in ("br", "li"):
                held.append("" if skipped else "\n- " if tag == "li" else "\n")
            elif tag in ("td", "th") and held and not held[-1].endswith("\n"):
                say(" | ")
            say(element.text)
            continue
        if tag in HEADINGS and heading is not None:
            name, heading = " ".join("".join(heading).split()), None
            path = [(level, told) for level, told in path if level < HEADINGS[tag]]
            path += [(HEADINGS[tag], name)] if name and not (path and path[-1][1] == name) else []
        elif tag in LINES and not skipped:
            held.append("\n\n" if tag in ("p", "pre", "table", "ul", "ol", "blockquote") else "\n")
        kept_as_is -= tag == "pre"
        skipped -= tag in LEFT_OUT
        say(element.tail)
    yield Block(tuple(name for _, name in path), _tidy(held), place=f"L{line}")


def _tidy(held: list[str]) -> str:
    lines = [line.rstrip() for line in "".join(held).split("\n")]
    text = "\n".join(line[1:] if line[:1] == " " and line[1:2] != " " else line for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")
