"""What base and tuned are measured against beside each other: base with instructions and examples, and retrieval.

"Would prompting do?" and "would looking it up do?" are what a sober colleague asks first. No torch.
"""

import time
from collections.abc import Sequence
from dataclasses import replace

from engine.metrics._words import KANA
from engine.schema import Example, Message, Output, RunSpec, example_id

PROMPTED, NEAREST = ARMS = ("prompted", "nearest")
SHOTS = 4
INSTRUCTION = {
    "en": "Answer as in the examples: as short, and in the same style. Where you do not know the answer, decline.",
    "ja": "例と同じ長さ・同じ文体で答えてください。答えが分からないときは、分からないと伝えてください。",
}
NOT_ASKED = frozenset({"general", "plain_text", "trained"})  # suites where examples of the task prove nothing


def asked(train: Sequence[Example], tests: Sequence[Example]) -> list[Example]:
    """The test items these arms answer: questions, where the training rows are questions with answers; else none."""
    if not all(example.kind in ("completion", "pairs") for example in train):
        return []
    return [example for example in tests if example.kind == "completion" and example.suite not in NOT_ASKED]


def shots(train: Sequence[Example]) -> list[Example]:
    """The examples that stand in every prompt: up to four training rows, by a rule that looks at nothing but them.

    In the order of their ids, which are hashes: the first of each topic (the group up to a slash), then any; at most
    one that declines.
    """
    rows = sorted(train, key=lambda example: example.id)
    of_topic = {(example.group or example.id).split("/")[0]: example for example in reversed(rows)}
    chosen: list[Example] = []
    for example in dict.fromkeys([*sorted(of_topic.values(), key=lambda example: example.id), *rows]):
        if len(chosen) < SHOTS and (example.answerable or all(other.answerable for other in chosen)):
            chosen.append(example)
    return chosen


def prompted(tests: Sequence[Example], train: Sequence[Example], *, spec: RunSpec) -> list[Example]:
    """The test items with instructions and the same examples in front of each, as earlier turns of the conversation.

    Their ids differ from those of the items they stand for: their answers are other answers.
    """
    examples = shots(train)
    japanese = sum(bool(KANA.search(example.completion)) for example in examples) > len(examples) / 2
    turns = [
        message
        for example in examples
        for message in (*_without_system(example), Message("assistant", example.completion))
    ]
    found = []
    for item in tests:
        own = [message.content for message in item.prompt if message.role == "system"] or [spec.system]
        system = "\n\n".join(filter(None, [*own, INSTRUCTION["ja" if japanese else "en"]]))
        prompt = (Message("system", system), *turns, *_without_system(item))
        found.append(replace(item, id=example_id(prompt, item.completion, item.suite), prompt=prompt))
    return found


def _without_system(example: Example) -> list[Message]:
    return [message for message in example.prompt if message.role != "system"]


def nearest(tests: Sequence[Example], train: Sequence[Example]) -> list[Output]:
    """For each test item the answer of the training question most like it: what a search without a model gives.

    Likeness is the cosine of TF-IDF vectors of runs of two to four letters, so it needs no words and works for
    Japanese. Seconds are each item's share of the search.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    begun = time.perf_counter()
    questions = [example.question for example in train]
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit(questions)
    likeness = vectors.transform([item.question for item in tests]) @ vectors.transform(questions).T
    best = likeness.toarray().argmax(axis=1)
    seconds = (time.perf_counter() - begun) / len(tests)
    return [Output(text=train[at].completion, seconds=round(seconds, 4)) for at in best]
