"""Questions about a passage (SQuAD 2.0), about half of which it does not answer: open book."""

import json
from pathlib import Path
from typing import Any

from benchmarks.real.rows import Row, Sizes, general, ordered, read_lines, source

# Twice as many took 17 minutes beside other work, half of that for base with four passages as examples in each prompt;
# so many fit into ten. Of 80 items 40 have an answer (23 points at 80 % power); for declining all count (16 points).
SIZES = Sizes(train=150, test=80)
LONGEST = 600  # characters of a passage: about 130 tokens; hardly a passage has fewer than 500 characters
TEST_TITLES = 6  # of 16 articles: what is asked is about other subjects than what was trained on
EACH = 2  # questions with an answer, and as many without, of one passage: it is computed once for all four


def spec(data: Path, folder: Path, sizes: Sizes) -> dict[str, Any]:
    """The run: questions about some articles to train on, about other articles as the test."""
    passages = json.loads((data / "squad2" / "contexts.json").read_text(encoding="utf-8"))
    rows = [row for row in read_lines(data / "squad2" / "dev_half.jsonl") if len(passages[row["para"]]) <= LONGEST]
    titles = sorted({row["title"] for row in rows}, key=ordered)
    held = set(titles[:TEST_TITLES])
    test = balanced([row for row in rows if row["title"] in held], passages)
    train = balanced([row for row in rows if row["title"] not in held], passages)
    return {
        "title": "SQuAD 2.0: answers from a passage, or says that it does not tell",
        "use_case": "document_qa",
        "data": {
            "train": source(folder, "train", train[: sizes.train]),
            "suites": {
                "open_book": source(folder, "open_book", test[: sizes.test]),
                "general": general(folder, tiny=sizes.tiny),
            },
            "max_length": 320,  # passage, question and a short answer
            "validation_share": 0,  # one look at every row, at a rate that falls to zero: the last checkpoint it is
        },
        "method": "instruction",  # the default on a CPU: LoRA, with general instructions mixed in against forgetting
        "settings": {"epochs": 1} | sizes.settings,  # a form is learnt, not facts: more passages beat more looks
        "metrics": [
            *("token_f1", "exact_match", "declining", "key_facts", "answer_loss", "choice_accuracy"),
            *("length_ratio", "repetition"),
        ],
        "primary": {"metric": "token_f1", "suite": "open_book", "minimum": 0.05},  # the guide's for document QA
        "decoding": {"max_new_tokens": 8 if sizes.tiny else 32},  # answers are spans; longer ones are counted as cut
    }


def balanced(rows: list[Row], passages: dict[str, str]) -> list[Row]:
    """EACH questions with and without an answer of every passage that has them, passages by hash, in the shape of
    `engine/formats/passage.py`."""
    found: list[Row] = []
    for para in sorted({row["para"] for row in rows}, key=ordered):
        own = sorted((row for row in rows if row["para"] == para), key=lambda row: ordered(row["id"]))
        parts = [[row for row in own if row["is_impossible"] == impossible][:EACH] for impossible in (False, True)]
        if all(len(part) == EACH for part in parts):
            found += [shaped(row, passages[para]) for part in parts for row in part]
    return found


def shaped(row: Row, passage: str) -> Row:
    """Title, passage, question, answers and whether there is one."""
    kept = {name: row[name] for name in ("title", "question", "answers", "is_impossible")}
    return {"context": passage, **kept}
