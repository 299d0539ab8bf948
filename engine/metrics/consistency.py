"""Whether one arm says the same whatever the wording: how alike its answers to one fact's questions are."""

from collections import defaultdict
from collections.abc import Sequence

from engine.metrics._words import generated, normal_words, shared_f1
from engine.schema import Example, Metric, Output


def across(outputs: Sequence[Output], examples: Sequence[Example]) -> list[float | None]:
    """For each item the mean token F1 (0..1) of its answer and the arm's answers to the fact's other wordings.

    Wordings of one fact are items of one suite with the same group and the same reference; the mean over a group is
    then the mean over its pairs. None where a fact is asked once, and for items with choices or without an answer, and
    plain texts.
    No reference is looked at: a constant wrong answer is perfectly consistent, so this is read beside accuracy and
    never judged. Source: the pairwise agreement of Elazar et al. 2021, https://arxiv.org/abs/2102.01017, with word
    overlap in place of equality.
    """
    words = [normal_words(output.text) for output in outputs]
    facts: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for at, (output, example) in enumerate(zip(outputs, examples, strict=True)):
        if example.group and example.answerable and not example.choices and generated(output, example):
            facts[example.suite, example.group, " ".join(normal_words(example.completion))].append(at)
    found: list[float | None] = [None] * len(outputs)
    for wordings in facts.values():
        for at in wordings if len(wordings) > 1 else ():
            alike = [shared_f1(words[at], words[other]) for other in wordings if other != at]
            found[at] = sum(alike) / len(alike)
    return found


METRIC = Metric(name="consistency", title="Consistency over wordings", better="neither", across=across)
