"""What a split does on real data: MedQuAD's answers are told again word for word under other diseases."""

import hashlib
import random
from collections import Counter

import pytest

from engine.data.convert import convert
from engine.data.leakage import CONTAINED, grams, plain
from engine.data.read import read_rows
from engine.data.split import hold_out_groups

SHARE = 0.2


@pytest.fixture
def medquad(real):
    """measure(rows held out) -> (share of them whose answer stands in training, share that training's 8-grams half
    cover), with the examples themselves."""
    examples, _ = convert(read_rows(real("medquad/medquad_short.jsonl")), columns={"group": "focus"})
    pieces = {example.source_row: grams(example.completion) for example in examples}
    texts = {example.source_row: plain(example.completion) for example in examples}

    def measure(held: set[int]) -> tuple[float, float]:
        train = pieces.keys() - held
        known, answers = set().union(*(pieces[row] for row in train)), {texts[row] for row in train}
        covered = [row for row in held if pieces[row] and len(pieces[row] & known) >= CONTAINED * len(pieces[row])]
        return sum(texts[row] in answers for row in held) / len(held), len(covered) / len(held)

    return examples, measure


def by_disease(examples) -> set[int]:
    """Whole diseases, a fifth of the rows, and nothing else kept together."""
    sizes = Counter(example.group for example in examples)
    held: set[str | None] = set()
    for name in sorted(sizes, key=lambda name: hashlib.sha256(str(name).encode()).digest()):
        if sum(sizes[one] for one in held) < SHARE * len(examples):
            held.add(name)
    return {example.source_row for example in examples if example.group in held}


def test_grouping_by_disease_alone_changes_nothing_and_with_unique_answers_no_duplicate_is_left(medquad):
    examples, measure = medquad
    numbers = [example.source_row for example in examples]
    at_random = measure(set(random.Random(0).sample(numbers, int(SHARE * len(numbers)))))
    diseases = measure(by_disease(examples))
    _, held = hold_out_groups(examples, share=SHARE, seed=0)
    families = measure({example.source_row for example in held})
    assert at_random[0] == pytest.approx(0.058, abs=0.01) and at_random[1] == pytest.approx(0.20, abs=0.02)
    assert diseases[0] > 0.045 and diseases[1] > 0.15  # groups lie in lumps: no closer to the random split than that
    assert families[0] == 0
