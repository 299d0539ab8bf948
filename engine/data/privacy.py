"""Personal data and secrets of rows: told, masked, or the row left out, as the user chose."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.data.clean import with_texts
from engine.registry import finders
from engine.schema import Example, Issue

# What stands in place of a finding where it is masked: a word that a model can learn as such, and nobody's data.
MASKS = {
    "email": "[E-MAIL]",
    "phone": "[PHONE]",
    "address": "[ADDRESS]",
    "card": "[CARD]",
    "my_number": "[MY NUMBER]",
    "secret": "[SECRET]",
    "private_key": "[PRIVATE KEY]",
}
NAMES = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "address": "a postal address",
    "card": "a payment card number",
    "my_number": "a My Number",
    "secret": "a key or token",
    "private_key": "a private key",
}
PREFIX = "personal_"  # before a finder's name: the code of its issues


# What every finding has one of: a digit, an @, the run of signs that a key is, the words a private key begins with.
# Most rows have none, and one look is a tenth of the time of seven.
_DIGIT = re.compile("[0-9０-９]")
_LIKELY = re.compile(r"[0-9０-９@＠]|[\w+/=.:-]{16}|PRIVATE KEY", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    start: int
    end: int


def scan(text: str) -> list[Finding]:
    """What is found in a text, in order, none overlapping: of two that do, the one that begins first, then the longer.

    >>> [found.kind for found in scan("Write to taro@kumo.co.jp or call 03-1234-5678.")]
    ['email', 'phone']
    """
    if not _LIKELY.search(text):
        return []
    digits = len(_DIGIT.findall(text))
    fitting = {name: finder for name, finder in finders().items() if digits >= finder.digits}
    found = sorted(
        (Finding(name, *span) for name, finder in fitting.items() for span in finder.spans(text)),
        key=lambda one: (one.start, -one.end),
    )
    kept: list[Finding] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def mask(text: str) -> str:
    """The text with a word in brackets for each finding.

    >>> mask("Write to taro@kumo.co.jp.")
    'Write to [E-MAIL].'
    """
    parts, last = [], 0
    for found in scan(text):
        parts += [text[last : found.start], MASKS[found.kind]]
        last = found.end
    return "".join((*parts, text[last:])) if parts else text


def hint(text: str) -> str:
    """A finding so that its owner knows it again and nobody else learns it: its first characters.

    >>> hint("taro@kumo.co.jp"), hint("-----BEGIN RSA PRIVATE KEY-----")
    ('ta…', '--…')
    """
    return f"{text[:2]}…"


def treat(examples: Iterable[Example], *, personal: str) -> tuple[list[Example], list[Issue]]:
    """(examples, issues): every finding told, once for each kind in a row. `personal` is DataSpec.personal.

    "mask" puts a word in brackets in its place, "drop" leaves the row out, "" changes nothing.
    """
    issues: list[Issue] = []
    return list(treat_rows(examples, issues, personal=personal)), issues


def treat_rows(examples: Iterable[Example], issues: list[Issue], *, personal: str) -> Iterator[Example]:
    """The examples of `treat`, one at a time as they are asked for; their issues are put into `issues`."""
    for example in examples:
        found = findings(example)
        kinds = dict.fromkeys(kind for kind, _, _ in found)
        for at, kind in enumerate(kinds):
            own = [one for one in found if one[0] == kind]
            issues.append(_told(example, own, personal, dropped=personal == "drop" and at == 0))  # a row drops once
        if not kinds or personal == "":
            yield example
        elif personal == "mask":
            yield masked(example)


def findings(example: Example) -> list[tuple[str, str, str]]:
    """(kind, where: question, answer or rejected, hint) of everything found in the row."""
    sides = [("question", m.content) for m in example.prompt]
    sides += [("answer", example.completion), ("rejected", example.rejected or "")]
    return [(one.kind, side, hint(text[one.start : one.end])) for side, text in sides for one in scan(text)]


def masked(example: Example) -> Example:
    """The row with every text of it masked, and its new id."""
    return with_texts(example, mask)


def _told(example: Example, found: list[tuple[str, str, str]], personal: str, *, dropped: bool) -> Issue:
    kind, side, shown = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    ends = {"": "kept", "mask": f"replaced by {MASKS[kind]}", "drop": "the row is left out"}[personal]
    words = f"Row {example.source_row} holds {NAMES[kind]}: {shown}{more} in the {side}; {ends}."
    code = f"{PREFIX}{kind}" + ("_masked" if personal == "mask" else "")
    return Issue(example.source_row, code, words, dropped)
