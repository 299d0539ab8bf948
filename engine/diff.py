"""What differs between two answers, and the key facts in them, marked: word by word, or character by character where a
text writes no spaces."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from engine.fact_marks import Mark
from engine.markup import esc, tag

# A run of kana, kanji or full-width signs is split into characters; anything else into words with their spaces.
_PIECES = re.compile(
    r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]|[^\s\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+|\s+"
)
MOST_PIECES = 1200  # comparing takes the square of it

Range = tuple[int, int]  # from, to: places in a text


def pieces(words: str) -> list[str]:
    """The text cut into what is compared; joined again they are the text.

    >>> pieces("Hi there 日本")
    ['Hi', ' ', 'there', ' ', '日', '本']
    """
    return _PIECES.findall(words)


def differing(before: str, after: str) -> tuple[list[Range], list[Range]]:
    """What only the first text has, and what only the second has: places in each. Nothing where one is too long.

    >>> differing("It is open.", "It is shut.")
    ([(6, 11)], [(6, 11)])
    """
    old, new = pieces(before), pieces(after)
    if len(old) > MOST_PIECES or len(new) > MOST_PIECES or not old or not new:
        return [], []
    changed = [op for op in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if op[0] != "equal"]
    left = [(len("".join(old[:a])), len("".join(old[:b]))) for _, a, b, _, _ in changed if a < b]
    return left, [(len("".join(new[:c])), len("".join(new[:d]))) for _, _, _, c, d in changed if c < d]


def little_differing(before: str, after: str) -> tuple[list[Range], list[Range]]:
    """As `differing`; nothing where more than half of either text differs: marks on everything mark nothing."""
    left, right = differing(before, after)
    for words, changed in ((before, left), (after, right)):
        if 2 * sum(end - start for start, end in changed) > len(words):
            return [], []
    return left, right


def drawn(
    words: str,
    *,
    changed: Sequence[Range] = (),
    name: str = "ins",
    facts: Sequence[Mark] = (),
    titles: Mapping[str, str] | None = None,
) -> str:
    """The text as HTML: what `changed` stands in elements of that `name`, each fact in a <mark> around it, which has
    the title of its kind."""
    parts, at = [], 0
    for mark in facts:
        parts.append(_plain(words, at, mark.start, changed, name))
        inside, title = _plain(words, mark.start, mark.end, changed, name), (titles or {}).get(mark.kind)
        parts.append(tag("mark", inside, cls=f"k-fact k-fact-{mark.kind}", title=title))
        at = mark.end
    return "".join(parts) + _plain(words, at, len(words), changed, name)


def marked(before: str, after: str) -> tuple[str, str]:
    """Both texts as HTML: what only one of them has stands in <del> in the first and <ins> in the second."""
    left, right = differing(before, after)
    return drawn(before, changed=left, name="del"), drawn(after, changed=right, name="ins")


def _plain(words: str, start: int, end: int, changed: Sequence[Range], name: str) -> str:
    parts, at = [], start
    for first, last in changed:
        first, last = max(first, at), min(last, end)
        if first < last:
            inside = words[first:last]
            parts += [esc(words[at:first]), f"<{name}>{esc(inside)}</{name}>" if inside.strip() else esc(inside)]
            at = last
    return "".join(parts) + esc(words[at:end])
