"""The facts of an answer against those of the reference: right or wrong without a judge, whatever the wording."""

from engine.metrics._facts import facts
from engine.metrics._words import has_text, split_words
from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """F1 (0..1) of the key facts of answer and reference: see `engine.metrics._facts.facts`.

    What stands in the prompt counts on neither side: to repeat the question is no achievement. Nor does a word that
    opens a sentence of the reference and may or may not be a name. None where no key fact is left in the reference,
    or where its text is not compared (see `has_text`).
    """
    if not has_text(example):
        return None
    prompt = "\n".join(message.content for message in example.prompt)
    asked = facts(prompt)
    known = asked.sure | asked.maybe | frozenset(split_words(prompt))
    reference = facts(example.completion)
    wanted = reference.sure - known
    if not wanted:
        return None
    answer = facts(output.text)
    said = (answer.sure | (answer.maybe & wanted)) - known - (reference.maybe - wanted)
    return 2 * len(said & wanted) / (len(said) + len(wanted))


METRIC = Metric(name="key_facts", title="Key facts right", better="higher", score=score)
