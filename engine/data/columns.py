"""Which columns a field reads: one by its name, or several joined by a template such as "{title}\\n{body}"."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\\": "\\"}


def fold_name(name: str) -> str:
    """A column's name as it is compared: width and case ignored, white space, _ and - taken as one.

    >>> fold_name(" Ｑuestion_Text ")
    'question text'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").replace("-", " ").split())


def is_template(given: str) -> bool:
    """Whether what a field is mapped to joins columns, and is no column's name."""
    return any(match[1] is not None for match in _PART.finditer(given))


def names_in(given: str) -> list[str]:
    """The columns that a field reads: those a template names, else the one.

    >>> names_in("{title}: {body}"), names_in("body")
    (['title', 'body'], ['body'])
    """
    return [match[1] for match in _PART.finditer(given) if match[1] is not None] if is_template(given) else [given]


def with_names(given: str, actual: Mapping[str, str]) -> str:
    """The template with each column by its name in the file."""
    return _PART.sub(lambda match: match[0] if match[1] is None else f"{{{actual[match[1]]}}}", given)


def used(columns: Mapping[str, str], known: Iterable[str]) -> set[str]:
    """The columns of a file that a mapping reads."""
    known = set(known)
    return {name for given in columns.values() for name in ([given] if given in known else names_in(given))}


def value_of(row: Mapping[str, Any], given: str) -> Any:
    """What a field is in this row: its column's value, or the template filled in, "" where all it names is empty.

    In a template \\\\n stands for a line break and {{ for a brace. A list is written one item a line, pairs as
    "who: what", and an object as JSON.

    >>> value_of({"title": "Tea", "body": "Boil."}, "{title}\\\\n{body}")
    'Tea\\nBoil.'
    """
    if given in row or not is_template(given):
        return row.get(given)
    texts = {name: as_words(row.get(name)) for name in names_in(given)}
    if not any(text.strip() for text in texts.values()):
        return ""
    found, at = [], 0
    for match in _PART.finditer(given):
        found += [_plain(given[at : match.start()]), match[0][0] if match[1] is None else texts[match[1]]]
        at = match.end()
    return "".join([*found, _plain(given[at:])])


def as_words(value: Any) -> str:
    """A value as it is written inside a text.

    >>> as_words([["tutor", "Hello."], ["student", "Hi."]])
    'tutor: Hello.\\nstudent: Hi.'
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict) and {"role", "content"} <= value.keys():
        return f"{as_words(value['role'])}: {as_words(value['content'])}"
    if isinstance(value, dict) and {"from", "value"} <= value.keys():
        return f"{as_words(value['from'])}: {as_words(value['value'])}"
    if isinstance(value, list):
        pairs = value and all(isinstance(item, list) and len(item) == 2 for item in value)
        return "\n".join(": ".join(map(as_words, item)) if pairs else as_words(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parse_mapping(given: str) -> dict[str, str]:
    """Field -> column or template, from prompt=question,completion="{title}, {body}".

    A comma divides only where a field and = follow it, and never inside double quotes. Raises ValueError holding the
    part that is no FIELD=COLUMN.

    >>> parse_mapping('prompt={title}, {body},completion=answer')
    {'prompt': '{title}, {body}', 'completion': 'answer'}
    """
    found = {}
    for part in re.findall(r'(?:"[^"]*"|[^,"]|,(?!\s*(?:\w*\s*=|$))|")+', given):
        if not part.strip():
            continue
        field, _, column = part.partition("=")
        column = column.strip()
        if len(column) > 1 and column[0] == column[-1] == '"':
            column = column[1:-1]
        if not field.strip() or not column.strip():
            raise ValueError(field.strip() or part)
        found[field.strip()] = column
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\[nt\\]", lambda match: _ESCAPES[match[0]], text)
