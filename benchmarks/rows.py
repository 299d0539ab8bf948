"""Reading rows: ours against `datasets.load_dataset("json", ...)` and `.map(...)` doing the same mapping.

Both turn the questions and answers of a generated JSON Lines file into prompts and completions of the chat form. Ours
also gives each row its id, checks its columns and keeps an account. The other side has two settings: as it is by
default (one process, `map` row by row) and its best here (`batched=True`). Its cache is a fresh folder every time, so
each round does the work. Sides take turns, each in a process of its own, timed from the file's name to the last row.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.sides import each

ROWS = 50_000
ROUNDS = 3


def write_rows(path: Path, count: int) -> None:
    """A question of 15 words and an answer of 125 a row, about 1 kB; the same bytes every time."""
    rng = random.Random(0)
    sounds = ["".join(pair) for pair in zip("bdfgklmnprstvz", "aeiouaeiouaeio", strict=True)]
    words = ["".join(rng.choices(sounds, k=rng.randint(1, 4))) for _ in range(5000)]
    with open(path, "w", encoding="utf-8") as out:
        for at in range(count):
            question = " ".join(rng.choices(words, k=15)) + "?"
            answer = " ".join(rng.choices(words, k=125)) + "."
            out.write(json.dumps({"id": at, "question": question, "answer": answer}) + "\n")


def ours(path: str) -> dict[str, Any]:
    """Read and converted."""
    from engine.data.convert import convert
    from engine.data.read import read_rows

    begun = time.perf_counter(), time.process_time()
    examples, _ = convert(read_rows(path))
    return _told(begun, len(examples), examples[-1].completion)


def theirs(path: str, *, batched: bool) -> dict[str, Any]:
    """Loaded and mapped by datasets."""
    from datasets import disable_progress_bars, load_dataset

    disable_progress_bars()

    def one(row: dict) -> dict:
        prompt, completion = row["question"].strip(), row["answer"].strip()
        return {
            "prompt": [{"role": "user", "content": prompt}],
            "completion": [{"role": "assistant", "content": completion}],
        }

    def many(rows: dict) -> dict:
        return {
            "prompt": [[{"role": "user", "content": text.strip()}] for text in rows["question"]],
            "completion": [[{"role": "assistant", "content": text.strip()}] for text in rows["answer"]],
        }

    with tempfile.TemporaryDirectory() as cache:
        begun = time.perf_counter(), time.process_time()
        rows = load_dataset("json", data_files=path, split="train", cache_dir=cache)
        made = rows.map(many if batched else one, batched=batched, remove_columns=rows.column_names)
        return _told(begun, len(made), made[-1]["completion"][0]["content"])


SIDES = {
    "kurabe": ours,
    "datasets": lambda path: theirs(path, batched=False),
    "datasets, batched": lambda path: theirs(path, batched=True),
}


def _told(begun: tuple[float, float], rows: int, last: str) -> dict[str, Any]:
    seconds, processor = time.perf_counter() - begun[0], time.process_time() - begun[1]
    return {"seconds": seconds, "processor": processor, "rows": rows, "last": last}


def main() -> None:
    """Print rows per second of each side, and the ratios. `python -m benchmarks.rows 1000000` takes so many rows."""
    if sys.argv[1:2] == ["side"]:
        print(json.dumps(SIDES[sys.argv[2]](sys.argv[3])))
        return
    count = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdecimal() else ROWS
    speed: dict[str, list[float]] = {name: [] for name in SIDES}
    processor: dict[str, list[float]] = {name: [] for name in SIDES}
    last = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        write_rows(path, count)
        for _ in range(ROUNDS):
            for name, values in speed.items():
                command = [sys.executable, "-m", "benchmarks.rows", "side", name, str(path)]
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                told = json.loads(done.stdout.splitlines()[-1])
                assert told["rows"] == count
                last.add(told["last"])
                values.append(count / told["seconds"])
                processor[name].append(told["processor"] / count * 1e6)
    assert len(last) == 1, "the two sides made different rows"
    for name, values in speed.items():
        print(
            f"reading rows, {name:18} {statistics.median(values):8.0f} rows/s  ({each(values, 0)}), "
            f"{statistics.median(processor[name]):.0f} processor microseconds a row"
        )
    for name in list(speed)[1:]:
        ratios = [mine / theirs for mine, theirs in zip(speed["kurabe"], speed[name], strict=True)]
        print(f"reading rows, kurabe : {name} = {statistics.median(ratios):.2f} : 1  ({each(ratios, 2)})")


if __name__ == "__main__":
    main()
