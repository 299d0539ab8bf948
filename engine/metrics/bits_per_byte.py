"""How surprised the model is by a text, whatever its tokens are: the loss that can be compared between tokenizers."""

import math

from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """Negative log-likelihood of the reference in bits per byte of its UTF-8, lower is better.

    The end of a text is a token that is predicted, too, and has no byte. For plain texts alone, since an answer's
    likelihood is its loss already; None for what was asked, and where it was not taken. Source: Gao et al. 2020 (The
    Pile), https://arxiv.org/abs/2101.00027, section 3.1.

    >>> score(Output("", answer_loss=math.log(2), answer_tokens=4), Example("x", (), "fact"))
    1.0
    """
    size = len(example.completion.encode(errors="surrogatepass"))
    if output.answer_loss is None or not output.answer_tokens or not size or example.prompt:
        return None
    return output.answer_loss * output.answer_tokens / math.log(2) / size


METRIC = Metric(
    name="bits_per_byte",
    title="Bits per byte",
    better="lower",
    score=score,
    minimum=0.02,
    unit="bits/byte",
)
