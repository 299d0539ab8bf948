"""Does the answer keep to what its prompt asks of its form?"""

from engine.metrics._instructions import instructions
from engine.metrics._words import generated
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """The share (0..1) of the prompt's checkable instructions that the answer keeps; 0.0 where it is empty.

    Read from the system's turns and the last question: see `engine.metrics._instructions`. None where none is found,
    for choices, and where nothing was generated. Source: Zhou et al. 2023 (IFEval), https://arxiv.org/abs/2311.07911,
    the strict form; words and sentences are counted by plain rules.
    """
    if example.choices or not generated(output, example):
        return None
    asked = [*(message.content for message in example.prompt if message.role == "system"), example.question]
    found = instructions("\n".join(asked))
    if not found:
        return None
    return sum(each.kept(output.text) for each in found) / len(found) if output.text.strip() else 0.0


METRIC = Metric(name="instruction_checks", title="Instructions kept", better="higher", score=score)
