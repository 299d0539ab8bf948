"""Does the answer name a specific thing that neither the question nor the reference has: a dose, a price, a date?"""

from engine.metrics._facts import facts
from engine.metrics._words import generated, split_words
from engine.schema import Example, Metric, Output


def unsupported(output: Output, example: Example) -> frozenset[str]:
    """The answer's key facts that stand in no turn of the prompt, the system's included, nor in the reference."""
    return beyond(output.text, "\n".join([*(message.content for message in example.prompt), example.completion]))


def beyond(answer: str, given: str) -> frozenset[str]:
    """The key facts (`engine.metrics._facts.facts`) of an answer that do not stand in what was given. A leading yes or
    no is no such fact, nor is a word that may or may not be a name."""
    known = facts(given)
    return facts(answer).sure - known.sure - known.maybe - set(split_words(given)) - {"=yes", "=no"}


def score(output: Output, example: Example) -> float | None:
    """1.0 where the answer has at least one unsupported specific, else 0.0; over items the share of such answers.

    Not a count of hallucinations: it misses wrong prose without a number or a name, true numbers put to the wrong
    thing, and in Japanese names outside 「」; and it counts what is true but stands in neither text, or only in the
    run's own system prompt, which is no part of the item. An answer that says nothing scores 0: read it beside
    `declining`. None without a reference, for choices, and for an answer labelled bad.
    """
    if not generated(output, example) or not example.completion or example.choices or example.label is False:
        return None
    return float(bool(unsupported(output, example)))


METRIC = Metric(name="unsupported_specifics", title="Unsupported specifics", better="lower", score=score, binary=True)
