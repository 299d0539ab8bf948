"""What differs between two answers, marked word by word (character by character where a text writes no spaces)."""

import re
from difflib import SequenceMatcher

from ui.html import esc

# A run of kana, kanji or full-width signs is split into characters; anything else into words with their spaces.
_PIECES = re.compile(
    r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+|\s+"
)
MOST_PIECES = 1200  # comparing takes the square of it


def pieces(words: str) -> list[str]:
    """The text cut into what is compared; joined again they are the text.

    >>> pieces("Hi there 日本")
    ['Hi', ' ', 'there', ' ', '日', '本']
    """
    return _PIECES.findall(words)


def marked(before: str, after: str) -> tuple[str, str]:
    """Both texts as HTML: what only one of them has stands in <del> in the first and <ins> in the second."""
    old, new = pieces(before), pieces(after)
    if len(old) > MOST_PIECES or len(new) > MOST_PIECES or not old or not new:
        return esc(before), esc(after)
    left, right = [], []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        left.append(_wrap("del", old[a:b], kind != "equal"))
        right.append(_wrap("ins", new[c:d], kind != "equal"))
    return "".join(left), "".join(right)


def _wrap(name: str, parts: list[str], changed: bool) -> str:
    words = esc("".join(parts))
    return f"<{name}>{words}</{name}>" if changed and words.strip() else words
