"""Labels or answers of which one stands nearly everywhere: a model that always gives that one looks good."""

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.data.checks._check import Check
from engine.data.clean import fold
from engine.schema import Example, Issue

FEWEST = 20
MOST_SHARE = 0.9  # of the thumbs
SAME_ANSWER = 0.5  # of the answers, where an answer is no label: declining in half of the rows is much


def find(examples: Sequence[Example], tokens: Sequence[int] | None) -> Iterator[Issue]:
    labels = Counter(example.label for example in examples if example.label is not None)
    if labels.total() >= FEWEST:
        label, count = labels.most_common(1)[0]
        if count / labels.total() >= MOST_SHARE:
            word = "thumbs up" if label else "thumbs down"
            yield Issue(None, "unbalanced", f"{count:,} of {labels.total():,} labels are {word}.", False)
        return
    answers = Counter(hash(_answer(example)) for example in examples if example.completion)
    if answers.total() < FEWEST:
        return
    known, count = answers.most_common(1)[0]
    few_answers = len(answers) <= max(10, answers.total() // 50)  # answers that are labels
    if count / answers.total() >= (MOST_SHARE if few_answers else SAME_ANSWER):
        answer = next(filter(lambda text: hash(text) == known, map(_answer, examples)))
        message = f"{count:,} of {answers.total():,} rows have the answer “{answer[:60]}”."
        yield Issue(None, "unbalanced", message, False)


def _answer(example: Example) -> str:
    return fold(example.completion)[:200]


CHECK = Check("balance", {"unbalanced": "medium"}, find)
