"""Corrections made by hand, put on the rows of a file that is itself never touched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from engine.data.stored import kept
from engine.schema import Edit, Example, Issue, Message, UserError, identified

FIELDS = ("question", "answer", "rejected")


def apply(examples: Sequence[Example], edits: Sequence[Edit], *, file: str) -> tuple[Sequence[Example], list[Issue]]:
    """(examples as corrected, issues): rows left out by hand and rows corrected, in order.

    Of several edits of one row the last counts. Raises UserError where the row an edit was made for is not there or
    holds something else now: then the file, or the way it is read, has changed.
    """
    if not edits:
        return examples, []
    last = {edit.row: edit for edit in edits}
    there = {example.source_row: example.id for example in examples if example.source_row in last}
    for row, edit in last.items():
        if there.get(row) != edit.was:
            what = "is not there any more" if row not in there else "holds something else now"
            raise UserError(
                f"{file}: row {row} {what}, and a correction made by hand was for what it held. The file or the choice "
                f"of its columns has changed. Choose as before, or take the correction of row {row} back."
            )
    issues: list[Issue] = []
    return kept(_corrected(examples, last, issues), like=examples), issues


def _corrected(examples: Iterable[Example], last: Mapping[int, Edit], issues: list[Issue]) -> Iterator[Example]:
    for example in examples:
        edit = last.get(example.source_row)
        if edit is None:
            yield example
        elif edit.exclude:
            message = f"Row {example.source_row} was left out by hand."
            issues.append(Issue(example.source_row, "excluded", message, True))
        else:
            yield edited(example, edit)
            issues.append(Issue(example.source_row, "edited", said(edit), False))


def said(edit: Edit) -> str:
    """What an edit corrected, in a sentence."""
    parts = [name for name in FIELDS if getattr(edit, name) is not None]
    return f"Row {edit.row}: {' and '.join(parts)} corrected by hand."


def edited(example: Example, edit: Edit) -> Example:
    """The row with what the edit gives: its last question, its answer, its rejected answer. New id."""
    prompt = list(example.prompt)
    places = [at for at, message in enumerate(prompt) if message.role == "user"]
    if edit.question is not None and places:
        prompt[places[-1]] = Message("user", edit.question)
    completion = example.completion if edit.answer is None else edit.answer
    rejected = example.rejected if edit.rejected is None or example.rejected is None else edit.rejected
    return identified(replace(example, prompt=tuple(prompt), completion=completion, rejected=rejected))
