"""PDF and Word documents as sections, each under its headings and with its page or paragraph."""

import io
import re
import zipfile
from typing import Any

from engine.data.limits import how_to_raise, limits
from engine.data.markup import Block
from engine.data.packed import expect_small, zip_names
from engine.schema import Issue, UserError

MAX_PAGES = 5000
_LEVEL = re.compile(r"(?i)heading ([1-9])")


def is_word(raw: bytes) -> bool:
    """Whether the bytes are a zip archive that holds a Word document."""
    return "word/document.xml" in zip_names(raw)


def pdf_blocks(raw: bytes, *, name: str) -> tuple[list[Block], list[Issue]]:
    """(a section for each page that has text, an Issue for each page that has none, as scans do). The headings are
    those of the document's outline. Raises UserError for a file that is broken, too long or has a password."""
    import pypdf

    try:
        reader = pypdf.PdfReader(io.BytesIO(raw))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UserError(f"{name} has a password. Save it again without one.")
        pages = len(reader.pages)
        if pages > MAX_PAGES:
            raise UserError(f"{name} has {pages:,} pages; at most {MAX_PAGES:,} can be read. Give a part of it.")
        outline = _outline(reader)
        blocks, issues, size = [], [], 0
        for number in range(pages):
            text = reader.pages[number].extract_text().replace("\x00", "")
            size += len(text)
            if size > limits().expanded_bytes:
                raise UserError(f"{name} holds too much text. Give a part of it. {how_to_raise('expanded_bytes')}")
            if text.strip():
                heading = next((path for page, path in reversed(outline) if page <= number), ())
                blocks.append(Block(heading, text, place=f"p.{number + 1}"))
            else:
                message = f"{name}, page {number + 1} has no text. A scan must be read by a text recogniser first."
                issues.append(Issue(None, "no_text", message, True))
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - a hostile file makes the parser raise nearly anything
        raise UserError(f"{name} is a PDF that cannot be read ({type(error).__name__}). Save it again.") from None
    return blocks, issues


def _outline(reader: Any) -> list[tuple[int, tuple[str, ...]]]:
    """(page counted from 0, path of headings) of each entry of the outline, in order of the pages."""
    found: list[tuple[int, tuple[str, ...]]] = []

    def walk(entries: list[Any], above: tuple[str, ...]) -> None:
        path = above
        for entry in entries:
            if isinstance(entry, list):
                if len(above) < 9:
                    walk(entry, path)
                continue
            path = (*above, " ".join(str(entry.title).split()))
            page = reader.get_destination_page_number(entry)
            if page is not None and page >= 0:
                found.append((page, path))

    walk(reader.outline, ())
    return sorted(found, key=lambda pair: pair[0])


def word_blocks(raw: bytes, *, name: str) -> list[Block]:
    """A section for each heading of a Word document; a table's row is a line. Raises UserError for a broken one."""
    import docx

    try:
        expect_small(zipfile.ZipFile(io.BytesIO(raw)).infolist(), packed=len(raw), name=name)
        return _by_heading(docx.Document(io.BytesIO(raw)))
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - a hostile file makes the parser raise nearly anything
        raise UserError(f"{name} is a document that cannot be read ({type(error).__name__}). Save it again.") from None


def _by_heading(document: Any) -> list[Block]:
    blocks: list[Block] = []
    path: list[tuple[int, str]] = []
    held: list[str] = []
    begin = 1

    def close() -> None:
        text = re.sub(r"\n{3,}", "\n\n", "\n\n".join(held).replace("\x00", ""))
        blocks.append(Block(tuple(told for _, told in path), text, place=f"¶{begin}"))
        held.clear()

    for number, part in enumerate(document.iter_inner_content(), start=1):
        if hasattr(part, "rows"):
            held.append("\n".join(" | ".join(_cells(row)) for row in part.rows))
            continue
        level = _level(part.style.name if part.style is not None else "")
        if level is None or not part.text.strip():
            held.append(part.text)
            continue
        close()
        path[:] = [(other, told) for other, told in path if other < level] + [(level, " ".join(part.text.split()))]
        begin = number + 1
    close()
    return [block for block in blocks if block.text.strip()]


def _cells(row: Any) -> list[str]:
    """The texts of a row, a merged cell once."""
    seen = {id(cell._tc): " ".join(cell.text.split()) for cell in row.cells}
    return list(seen.values())


def _level(style: str) -> int | None:
    found = _LEVEL.fullmatch(style or "")
    return int(found[1]) if found else 0 if (style or "").lower() == "title" else None
