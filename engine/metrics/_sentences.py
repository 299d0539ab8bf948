"""Sentences of a text, in English and Japanese."""

import re

_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|(?<=[。！？])[」』）]*|\n+")
_LETTER = re.compile(r"\w")


def sentences(text: str) -> list[str]:
    """The sentences of a text, with the mark each ends with; a line break ends one too.

    >>> sentences("It is 3.5 km. Why?\\n開きます。9時です")
    ['It is 3.5 km.', 'Why?', '開きます。', '9時です']
    """
    return [part.strip() for part in _END.split(text) if _LETTER.search(part)]
