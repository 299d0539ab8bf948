"""A maths tutor's next reply to a learner who made a mistake (Bridge): does it ask or hint, and not tell the answer?

The reference is what an expert teacher wrote in the tutor's place. Whole lessons are held out, and with them their
conversations; "[STUDENT]" stands for a name in the data. Wang et al. 2024, https://arxiv.org/abs/2310.10648
"""

import re
from pathlib import Path
from typing import Any

from benchmarks.real.rows import Row, Sizes, general, ordered, read_lines, source, unleaked

# 80 items find 16 points at 80 % power; 240 rows are two to four minutes
SIZES = Sizes(train=240, test=80)
# The teachers' words for a mistake; where they wrote anything else there was none: right, or the end of the lesson.
ERRORS = {"guess", "right-idea", "diagnose", "careless", "imprecise", "misinterpret"}
LESSON = re.compile(r"[\d.]+[A-Z]\.(?P<name>[^;]+?)(?: \(Review\) - \d)?")  # "4.2A.Place Value (Review) - 1"


def spec(data: Path, folder: Path, sizes: Sizes) -> dict[str, Any]:
    """The run: some lessons to train on, other lessons as the test, one item of a conversation."""
    rows = [row for row in read_lines(data / "bridge_tutoring" / "bridge.jsonl") if usable(row)]
    by_lesson = {name: [row for row in rows if lesson(row) == name] for name in map(lesson, rows)}
    names = sorted(by_lesson, key=ordered)
    asked: list[Row] = []
    while len(asked) < 1.2 * sizes.test:  # whole lessons: replies about one resemble each other
        asked += one_each(by_lesson.pop(names.pop(0)))
    others = sorted((row for part in by_lesson.values() for row in part), key=lambda row: ordered(row["id"]))
    train = [shaped(row) for row in others[: sizes.train]]
    test = unleaked(folder, [shaped(row) for row in asked], train)
    return {
        "title": "Bridge: a tutor's next reply to a mistake",
        "use_case": "tutor",
        "system": "You are a maths tutor. Write your next reply: make the student think, do not tell the answer.",
        "data": {
            "train": source(folder, "train", train),
            "suites": {
                "unseen": source(folder, "unseen", test[: sizes.test]),
                "general": general(folder, tiny=sizes.tiny),
            },
            "max_length": 320,  # nearly all rows have fewer than 200 tokens
            "validation_share": 0,  # one look at every row, at a rate that falls to zero: the last checkpoint it is
        },
        "method": "instruction",  # the default on a CPU: LoRA, with general instructions mixed in against forgetting
        "settings": {"epochs": 1} | sizes.settings,  # a manner is learnt, not facts: more rows beat more looks
        # "What do you think?" passes the first on every item: the second tells whether it is about the mistake.
        "metrics": ["tutor_strategy", "token_f1", "answer_loss", "choice_accuracy", "repetition", "length_ratio"],
        "primary": {"metric": "tutor_strategy", "suite": "unseen", "minimum": 0.05},
        "decoding": {"max_new_tokens": 8 if sizes.tiny else 48},  # room for nine in ten references
    }


def usable(row: Row) -> bool:
    """Whether the learner made a mistake, the lesson is one and known, and the reply is no link to a picture."""
    return row["error"] in ERRORS and bool(LESSON.fullmatch(row["topic"])) and "http" not in row["tutor_expert"]


def lesson(row: Row) -> str:
    """The lesson without its number in the curriculum: that of another school year, and its review, are the same."""
    found = LESSON.fullmatch(row["topic"])
    assert found is not None  # usable
    return found["name"]


def conversation(row: Row) -> str:
    """What the row was cut from: "4168516_19" is of 4168516."""
    return row["id"].split("_")[0]


def one_each(rows: list[Row]) -> list[Row]:
    """One row of every conversation, the first by hash: more of one tell little more."""
    first = {conversation(row): row for row in sorted(rows, key=lambda row: ordered(row["id"]), reverse=True)}
    return sorted(first.values(), key=lambda row: ordered(row["id"]))


def shaped(row: Row) -> Row:
    """The lesson and what was said as one question, so that the tutor's turns before are read and not learnt."""
    said = "\n".join(f"{who.capitalize()}: {text}" for who, text in row["history"])
    return {
        "question": f"Lesson: {lesson(row)}\n\n{said}",
        "answer": row["tutor_expert"],
        "group": f"{lesson(row).replace('/', '-')}/{conversation(row)}",
    }
