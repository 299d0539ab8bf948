"""Whether answer and reference mean the same, as a local sentence-embedding model sees it. Not measured without one.

Not verified with a real embedding model: the tests use a tiny one with random weights.
"""

from collections.abc import Sequence

from engine.metrics._embedding import absent, embed
from engine.metrics._words import has_text
from engine.schema import Example, Metric, Output


def across(outputs: Sequence[Output], examples: Sequence[Example]) -> list[float | None]:
    """For each item the cosine (-1..1) of the vectors of answer and reference; 0.0 for an empty answer.

    The model is the one that KURABE_EMBEDDER names, a folder or a Hub id in the local cache (see _embedding.embed); it
    should know the language of the answers. High for any two sentences on one subject: "it costs $5" and "it costs $9"
    are close, so it is no measure of facts. None: see `has_text`. Raises MetricFailed where the model cannot be used.
    """
    found: list[float | None] = [0.0 if has_text(example) else None for example in examples]
    compared = [at for at, value in enumerate(found) if value is not None and outputs[at].text.strip()]
    pairs = [(outputs[at].text, examples[at].completion) for at in compared]
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    if not texts:
        return found
    vectors = dict(zip(texts, embed(texts), strict=True))
    for at, (said, wanted) in zip(compared, pairs, strict=True):
        found[at] = float(vectors[said] @ vectors[wanted])
    return found


METRIC = Metric(name="semantic_similarity", title="Similar meaning", better="higher", across=across, absent=absent)
