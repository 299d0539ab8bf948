"""Japanese questions about a passage (JSQuAD, of JGLUE): open book, every one of them answered by its passage.

The embedded model is made for English and takes nearly a token and a half for a Japanese character: little is to be
expected before and after, and the run shows that the evaluation says so. Another model: --set model=...
"""

from pathlib import Path
from typing import Any

from benchmarks.real.rows import Row, Sizes, general, ordered, read_lines, source

# 70 questions about 35 passages find 17 points at 80 % power, a few more where two of one passage go together; 150 rows
# are two to four minutes
SIZES = Sizes(train=150, test=70)
LENGTH = range(20, 101)  # characters of a passage, about 130 tokens: a fifth of all; with all, twice the time
EACH = 2  # questions of one passage: it is computed once for both
SEPARATOR = " [SEP] "  # JSQuAD puts the title before the passage


def spec(data: Path, folder: Path, sizes: Sizes) -> dict[str, Any]:
    """The run: questions about some articles to train on, about the other third of the articles as the test."""
    rows = [row for row in read_lines(data / "jglue" / "jsquad_valid.jsonl") if usable(row)]
    titles = sorted({row["title"] for row in rows}, key=ordered)
    held = set(titles[: len(titles) // 3])
    test = paired([row for row in rows if row["title"] in held])
    train = paired([row for row in rows if row["title"] not in held])
    return {
        "title": "JSQuAD: answers from a Japanese passage",
        "use_case": "document_qa_ja",
        "data": {
            "train": source(folder, "train", train[: sizes.train]),
            "suites": {
                "open_book": source(folder, "open_book", test[: sizes.test]),
                "general": general(folder, tiny=sizes.tiny),
            },
            "max_length": 512,  # rows are not padded: a generous limit costs nothing
            "validation_share": 0,  # one look at every row, at a rate that falls to zero: the last checkpoint it is
        },
        "method": "instruction",  # the default on a CPU: LoRA, with general instructions mixed in against forgetting
        "settings": {"epochs": 1} | sizes.settings,  # a form is learnt, not facts: more passages beat more looks
        "metrics": [
            *("token_f1", "exact_match", "key_facts", "answer_loss", "choice_accuracy"),
            *("length_ratio", "repetition"),
        ],
        "primary": {"metric": "token_f1", "suite": "open_book", "minimum": 0.05},  # the guide's for document QA
        "arms": ["nearest"],  # examples would make every prompt five times as long; a search costs nothing
        "decoding": {"max_new_tokens": 8 if sizes.tiny else 32},  # answers are spans; longer ones are counted as cut
    }


def usable(row: Row) -> bool:
    """Whether the passage is of a length in LENGTH and holds the answer itself: of some, only the title does."""
    text = passage(row)
    return len(text) in LENGTH and row["answers"][0] in text


def passage(row: Row) -> str:
    """The passage without the title before it."""
    return row["context"].split(SEPARATOR, 1)[-1]


def paired(rows: list[Row]) -> list[Row]:
    """EACH questions of every passage that has them, passages by hash, in the shape of `engine/formats/passage.py`."""
    found: list[Row] = []
    for text in sorted({passage(row) for row in rows}, key=ordered):
        own = sorted((row for row in rows if passage(row) == text), key=lambda row: ordered(row["id"]))[:EACH]
        found += [shaped(row) for row in own if len(own) == EACH]
    return found


def shaped(row: Row) -> Row:
    """Title, passage, question and answers."""
    return {"title": row["title"], "context": passage(row), "question": row["question"], "answers": row["answers"]}
