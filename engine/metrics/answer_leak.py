"""Does a tutor's reply give the answer away, which the learner was to find?"""

from engine.metrics._tutoring import gives_away
from engine.metrics._words import generated
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """1.0 where the answer contains the item's final answer, else 0.0; over items the share of such answers.

    For tutoring alone: elsewhere to give the answer is the task. See `engine.metrics._tutoring.gives_away`. None where
    no final answer is marked in the reference or in the system's words, for choices, where nothing was generated.
    """
    if example.choices or not generated(output, example):
        return None
    leaked = gives_away(output.text, example)
    return None if leaked is None else float(leaked)


METRIC = Metric(name="answer_leak", title="Answer given away", better="lower", score=score, binary=True)
