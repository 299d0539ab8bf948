"""Does a tutor's reply make the learner think: a question or a hint, and not the answer?"""

from engine.metrics._tutoring import announces, asks_or_hints, gives_away
from engine.metrics._words import generated
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """1.0 where the answer asks a question or gives a hint and does not give the final answer away, else 0.0.

    Where the item's final answer is not marked, a reply gives it away that calls a number the answer. It judges the
    form: "What do you think?" passes on every item, so read it beside an overlap with the reference. None for choices,
    without a reference, and where nothing was generated. Of the 700 replies in Bridge (Wang et al. 2024,
    https://arxiv.org/abs/2310.10648) 534 of expert teachers pass, 238 of the tutors they were to improve on.
    """
    if example.choices or not example.completion or example.label is False or not generated(output, example):
        return None
    leaked = gives_away(output.text, example)
    return float(asks_or_hints(output.text) and not (announces(output.text) if leaked is None else leaked))


METRIC = Metric(name="tutor_strategy", title="Asks or hints", better="higher", score=score, binary=True)
