"""What the modules in evaluate_modules/ share: one of our metrics in the clothes of Hugging Face's `evaluate`."""

from collections.abc import Sequence
from typing import Any

from engine.schema import Example, Message, Metric, Output

INPUTS = """
    predictions: list of answers, one text each
    references: list of right answers, one text each
    prompts: list of what was asked (optional); only key_facts looks at it
Returns:
    NAME: the mean over the items that have a score, or None where none has; higher is better
    items: the score of each item in order, None where the metric does not apply to it
"""


def described(metric: Metric) -> Any:
    """The evaluate.MetricInfo of the metric: one text against one text."""
    from datasets import Features, Value
    from evaluate import MetricInfo

    features = Features({"predictions": Value("string"), "references": Value("string")})
    description = f"{metric.title}. {(metric.score.__doc__ or '').strip()}"
    inputs = INPUTS.replace("NAME", metric.name)
    return MetricInfo(description=description, citation="", inputs_description=inputs, features=features)


def scored(
    metric: Metric, predictions: Sequence[str], references: Sequence[str], prompts: Sequence[str] | None = None
) -> dict[str, Any]:
    """{metric's name: the mean, "items": the score of each}. Raises ValueError where the lists differ in length."""
    asked = ["?"] * len(references) if prompts is None else prompts
    items = [
        metric.score(Output(text), Example(id=str(at), prompt=(Message("user", prompt),), completion=reference))
        for at, (text, reference, prompt) in enumerate(zip(predictions, references, asked, strict=True))
    ]
    found = [score for score in items if score is not None]
    return {metric.name: sum(found) / len(found) if found else None, "items": items}
