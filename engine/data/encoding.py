"""Bytes to text: which encoding a file is in, told from its bytes."""

import codecs
import re

from charset_normalizer import from_bytes

from engine.schema import UserError

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
JAPANESE = ["cp932", "euc_jp"]
# What else people export from spreadsheets. Among all 90 encodings charset-normalizer takes short French for Baltic.
OTHERS = ["cp1252", "cp1251", "koi8_r", "gb18030", "cp949", "big5", "cp1253", "cp1256"]
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")


def decode(raw: bytes, *, name: str) -> tuple[str, str, bool]:
    """(text, encoding, damaged). `damaged` is True where single bytes did not fit and stand as U+FFFD in the text.

    A byte order mark decides; else valid UTF-8 is UTF-8; else charset-normalizer chooses, Japanese encodings first.
    Raises UserError for bytes that are no text.
    """
    for mark, encoding in BOMS:
        if raw.startswith(mark):
            return _strict(raw, encoding) or (raw.decode(encoding, errors="replace"), encoding, True)
    if wide := _utf16_without_mark(raw):
        return _strict(raw, wide) or (raw.decode(wide, errors="replace"), wide, True)
    if b"\x1b$" in raw and (found := _strict(raw, "iso2022_jp")):
        return found
    if found := _strict(raw, "utf-8"):
        return found
    if _mostly_utf8(raw):
        return raw.decode("utf-8", errors="replace"), "utf-8", True
    if found := _guess(raw):
        return found
    raise UserError(f"{name} is not text in any encoding known here. Save it as CSV, JSON or JSONL in UTF-8.")


def _strict(raw: bytes, encoding: str) -> tuple[str, str, bool] | None:
    try:
        return raw.decode(encoding), codecs.lookup(encoding).name, False
    except UnicodeDecodeError:
        return None


def _utf16_without_mark(raw: bytes) -> str:
    """ "utf-16-le" or "utf-16-be" where one byte of most pairs is zero in line breaks, commas and Latin letters."""
    sample = raw[: 64 * 1024]
    if sample.count(0) < len(sample) / 20:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    return "utf-16-le" if odd > 10 * even else "utf-16-be" if even > 10 * odd else ""


def _mostly_utf8(raw: bytes) -> bool:
    """Whether the file is UTF-8 with a few stray bytes (rows pasted from elsewhere), not another encoding."""
    text = raw.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    return len(_NOT_ASCII.findall(text)) - bad >= 5 * bad


def _guess(raw: bytes) -> tuple[str, str, bool] | None:
    best = from_bytes(raw, cp_isolation=JAPANESE).best()
    found = best and _strict(raw, best.encoding)
    # Korean and Chinese bytes are valid EUC-JP too, but come out without a single kana.
    if found and len(_KANA.findall(found[0])) * 20 >= len(_NOT_ASCII.findall(found[0])):
        return found
    for choice in (OTHERS, None):
        best = from_bytes(raw, cp_isolation=choice).best()
        if best and (found := _strict(raw, best.encoding)):
            return found
    return None if re.search(rb"[\x00-\x08\x0e-\x1a]", raw) else _strict(raw, "latin_1")
