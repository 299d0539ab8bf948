"""Japanese law (lawqa_jp): the likeliest of four choices, length-normalised, given the part of the law asked about.

The embedded model is made for English and takes two tokens for a Japanese character, so chance (25 %) is to be expected
before and after; the run shows that the evaluation says so. Another model: --set model=...
"""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.real.rows import Row, Sizes, general, ordered, source, unleaked

SIZES = Sizes(train=70, test=60)  # all 140 there are, less those too alike; 60 find 19 points at 80 % power
# Characters: whole passages are 1,000 tokens of this model. 160 characters took twelve minutes beside other work, most
# of it for four choices an item, and fewer than 60 items are not worth asking; so it is the passage that is cut.
PASSAGE = 80


def spec(data: Path, folder: Path, sizes: Sizes) -> dict[str, Any]:
    """The run: some chapters of the laws to train on, other chapters as the test."""
    rows = json.loads((data / "lawqa_jp" / "selection.json").read_text(encoding="utf-8"))["samples"]
    chapters = sorted({chapter(row) for row in rows}, key=ordered)
    by_chapter = [[row for row in rows if chapter(row) == name] for name in chapters]
    test: list[Row] = []
    while len(test) < 1.2 * sizes.test:  # whole chapters: questions of one share their passages
        test += by_chapter.pop(0)
    train = [shaped(row) for part in by_chapter for row in part][: sizes.train]
    test = unleaked(folder, [shaped(row) for row in test], train)
    return {
        "title": "lawqa_jp: the right one of four choices",
        "use_case": "legal",
        "system": "日本の法令についての質問に答えてください。",
        "data": {
            "train": source(folder, "train", train),
            "suites": {
                "unseen": source(folder, "unseen", test[: sizes.test]),
                "general": general(folder, tiny=sizes.tiny),
            },
            "max_length": 1024,  # rows are not padded: a generous limit costs nothing and drops few
            "validation_share": 0,  # five rows would choose no checkpoint, and cost a third of the training
        },
        "method": "instruction",  # the default on a CPU: LoRA, with general instructions mixed in against forgetting
        # 57 rows of 430 tokens are two to three minutes; two rows at a time, since a step of eight takes 10 GB
        "settings": {"epochs": 1, "accumulation": 4} | sizes.settings,
        "metrics": ["choice_accuracy", "answer_loss", "repetition"],
        "primary": {"metric": "choice_accuracy", "suite": "unseen", "minimum": 0.05},
        "arms": [],  # examples would make every prompt five times as long, and likelihoods of choices need no search
        "decoding": {"max_new_tokens": 8 if sizes.tiny else 16},  # the written answer is not what is judged
    }


def chapter(row: Row) -> str:
    """Law and chapter, from the file's name."""
    return row["ファイル名"].split("_選択式")[0]


def shaped(row: Row) -> Row:
    """The row in its own columns, the passage cut to what the question is about. Its group is the passage's: see
    `engine/formats/multiple_choice.py`."""
    asked = row["問題文"] + row["選択肢"]
    kept = {name: row[name] for name in ("問題文", "選択肢", "output")}
    return {"コンテキスト": nearest_parts(row["コンテキスト"], asked, limit=PASSAGE), **kept}


def nearest_parts(passage: str, asked: str, *, limit: int) -> str:
    """The parts of the passage that share most pairs of characters with question and choices, up to `limit`
    characters, in their own order. Which choice is right is not looked at."""
    parts = [part for part in re.split(r"(?<=[。、\n])", passage) if part.strip()]
    wanted = pairs(asked)
    best = sorted(range(len(parts)), key=lambda at: -len(pairs(parts[at]) & wanted) / max(1, len(pairs(parts[at]))))
    kept: list[int] = []
    for at in best:
        if sum(len(parts[other]) for other in kept) + len(parts[at]) <= limit:
            kept.append(at)
    return "".join(parts[at] for at in sorted(kept)).strip() or passage[:limit]


def pairs(text: str) -> set[str]:
    """The pairs of neighbouring characters."""
    return {text[at : at + 2] for at in range(len(text) - 1)}
