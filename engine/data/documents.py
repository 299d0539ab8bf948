"""Documents to rows: plain text, Markdown, HTML, PDF and Word become passages with their headings and their place.

{"text": "Fill the tank to the mark.", "heading": "Coffee maker > First use", "place": "L12-14", "group": "manual.md"}

A passage is a section, or as much of one as fits PASSAGE characters, divided where a reader would pause. The group is
the document, so that no document is on both sides of a split.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from engine.data.chunks import pieces
from engine.data.encoding import decode
from engine.data.files import DOCUMENTS, expect_text, name_of, suffix_of
from engine.data.markup import Block, html_blocks, markdown_blocks, plain_blocks
from engine.data.office import is_word, pdf_blocks, word_blocks
from engine.data.packed import Tree, unpacked
from engine.schema import Issue, UserError

COLUMNS = ("text", "heading", "place", "group")
PASSAGE = 2000  # characters: some 500 tokens of English, so that a question and its passage fit a small model
MARKDOWN = {".md", ".markdown", ".rst"}

Numbered = list[tuple[int, dict[str, Any]]]


def is_document(raw: bytes, inside: str) -> bool:
    """Whether a file that is one by its content or its ending is read as passages."""
    return raw.startswith(b"%PDF") or is_word(raw) or suffix_of(inside) in DOCUMENTS


def read_documents(tree: Tree, names: Iterable[str]) -> tuple[Numbered, list[Issue], str]:
    """(numbered passages, issues, encoding) of these files of the tree. A row's number is its place among all passages.

    A file that cannot be read is left out with an Issue. Raises UserError where none has any text.
    """
    rows: Numbered = []
    issues: list[Issue] = []
    encodings: dict[str, None] = {}
    for inside in names:
        try:
            raw, plain = unpacked(tree.read(inside), inside, name=name_of(inside))
            blocks, found, encoding = blocks_of(raw, plain, name=name_of(inside))
        except UserError as error:
            if len(tree.sizes) == 1:
                raise
            issues.append(Issue(None, "file_left_out", str(error), True))
            continue
        encodings[encoding] = None
        issues += found
        rows += [(len(rows) + i, row) for i, row in enumerate(passages(blocks, group=inside), start=1)]
    if not rows:
        first = next((issue.message for issue in issues if issue.dropped), "")
        raise UserError(f"{tree.name} holds no document with text in it. {first}".rstrip())
    return rows, issues, ", ".join(encodings)


def blocks_of(raw: bytes, inside: str, *, name: str) -> tuple[list[Block], list[Issue], str]:
    """(sections, issues, encoding) of one document, by its content and its ending. Raises UserError."""
    if raw.startswith(b"%PDF"):
        return *pdf_blocks(raw, name=name), "pdf"
    if is_word(raw):
        return word_blocks(raw, name=name), [], "docx"
    text, encoding, damaged = decode(expect_text(raw, name=name), name=name)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    issues = []
    if damaged:
        message = f"{name} holds bytes that are not {encoding}; they stand as \ufffd in its text."
        issues.append(Issue(None, "bad_encoding", message, False))
    suffix = PurePosixPath(inside.lower()).suffix
    if suffix in (".html", ".htm", ".xhtml"):
        return html_blocks(raw, text, name=name), issues, encoding
    return (markdown_blocks if suffix in MARKDOWN else plain_blocks)(text), issues, encoding


def passages(blocks: Iterable[Block], *, group: str) -> list[dict[str, str]]:
    """The rows of a document's sections, in order; a section without text gives none."""
    rows = []
    for block in blocks:
        at = 0
        for piece in pieces(block.text, lambda words: len(words) <= PASSAGE):
            before, at = block.text[:at], at + len(piece)
            text = piece.strip()
            if text:
                first = before.count("\n") + piece[: len(piece) - len(piece.lstrip())].count("\n")
                place = block.place or f"L{block.line + first}-{block.line + first + text.count(chr(10))}"
                rows.append({"text": text, "heading": " > ".join(block.heading), "place": place, "group": group})
    return rows
