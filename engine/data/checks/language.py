"""Rows written in another script than nearly all others, or answered in another script than they ask in.

Scripts are told apart, not languages: English and Spanish look the same here. Code and names do not count where the
rest of the text is in the file's script.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from engine.data.checks._check import Check
from engine.data.leakage import asked
from engine.schema import Example, Issue

FEWEST = 20
MAIN_SHARE = 0.8  # of the rows: below it the file is a mix on purpose
LEAST_LETTERS = 8
SCRIPTS = {
    "Japanese": re.compile("[\u3040-\u30fa\u30fc-\u30ff]"),
    "Chinese": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"),
    "Korean": re.compile("[\uac00-\ud7af\u1100-\u11ff]"),
    "Cyrillic": re.compile("[\u0400-\u04ff]"),
    "Greek": re.compile("[\u0370-\u03ff]"),
    "Arabic": re.compile("[\u0600-\u06ff]"),
    "Hebrew": re.compile("[\u0590-\u05ff]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Thai": re.compile("[\u0e00-\u0e7f]"),
    "Latin": re.compile("[A-Za-z\u00c0-\u024f]"),
}


def script(text: str) -> str:
    """The script that most letters of a text are of; "" for a text of fewer than eight letters. Kanji beside kana are
    Japanese, and a sign of a language without spaces weighs as much as three letters.

    >>> script("Are you open?"), script("日曜日は営業していますか"), script("42")
    ('Latin', 'Japanese', '')
    """
    if text.isascii():
        return "Latin" if len(SCRIPTS["Latin"].findall(text)) >= LEAST_LETTERS else ""
    counts = {name: len(letters.findall(text)) for name, letters in SCRIPTS.items()}
    if counts["Japanese"]:
        counts["Japanese"] += counts.pop("Chinese")
    for name in ("Japanese", "Chinese", "Korean"):
        counts[name] = 3 * counts.get(name, 0)
    if sum(counts.values()) < LEAST_LETTERS:
        return ""
    return max(counts, key=counts.get)


def find(examples: Sequence[Example], tokens: Sequence[int] | None) -> Iterator[Issue]:
    sides = [(script(asked(example)), script(example.completion)) for example in examples]
    rows = Counter(answer or question for question, answer in sides if answer or question)
    if rows.total() < FEWEST:
        return
    main, count = rows.most_common(1)[0]
    if count / rows.total() < MAIN_SHARE:
        shares = ", ".join(f"{name} {n / rows.total():.0%}" for name, n in rows.most_common(4))
        yield Issue(None, "language_mix", f"The rows are a mix of scripts: {shares}.", False)
        return
    for example, (question, answer) in zip(examples, sides, strict=True):
        number = example.source_row
        if answer and answer != main:
            message = f"Row {number} is answered in {answer} script; most rows are {main}."
            yield Issue(number, "language_mix", message, False)
        elif question and question != main and not answer:
            message = f"Row {number} asks in {question} script; most rows are {main}."
            yield Issue(number, "language_mix", message, False)


CHECK = Check("language", {"language_mix": "low"}, find)
