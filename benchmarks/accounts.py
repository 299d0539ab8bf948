"""What becomes of every row of real data sets that lie beside the project: the table in docs/data.md.

python -m benchmarks.accounts FOLDER          # prints the table
python -m benchmarks.accounts FOLDER --write  # and writes it into docs/data.md
"""

import sys
from pathlib import Path

from engine.data.columns import parse_mapping
from engine.data.inspect import inspect_file

FILE = Path(__file__).resolve().parent.parent / "docs" / "data.md"
MARKS = ("<!-- accounts: begin -->", "<!-- accounts: end -->")
# What a person has to say of a file that is not recognised.
COLUMNS = {
    "bridge_tutoring/bridge.jsonl": 'prompt="{history}",completion=tutor_expert',
    "clinc_oos/oos_and_test.jsonl": "prompt=text,completion=intent",
    "cucom_ecommerce/first_reply.jsonl": "question=customer,answer=agent",
    "ifeval/input_data.jsonl": "prompt=prompt",
    "mbpp/mbpp.jsonl": "prompt=text,completion=code",
}
PASSED_OVER = {"LICENSE.txt", "NOTICE.txt"}


def lines(folder: Path) -> list[str]:
    """The table as Markdown, a line each: file, how it is read, shape, rows, what became of them, columns."""
    head = ["file", "read as", "shape", "rows", "accepted", "fixed", "dropped", "`--columns`"]
    found = [head, ["---"] * 3 + ["--:"] * 4 + ["---"]]
    for path in sorted(path for path in folder.glob("*/*") if path.name not in PASSED_OVER):
        name = path.relative_to(folder).as_posix()
        account = inspect_file(path, columns=parse_mapping(COLUMNS.get(name, "")))
        reasons = ", ".join(f"{code} {count:,}" for code, count in account["reasons"].items())
        dropped = f"{account['dropped']:,}" + (f" ({reasons})" if reasons else "")
        counts = [f"{account[key]:,}" for key in ("rows", "accepted", "fixed")]
        mapped = f"`{COLUMNS[name]}`" if name in COLUMNS else "recognised"
        found.append([name, account["kind"], account["format"] or "-", *counts, dropped, mapped])
    return [f"| {' | '.join(row)} |" for row in found]


def written(text: str, table: list[str]) -> str:
    """The document with the table between its marks."""
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    return "\n".join([before + MARKS[0], *table, MARKS[1] + after])


def main(arguments: list[str]) -> None:
    table = lines(Path(arguments[0]))
    print("\n".join(table))
    if "--write" in arguments[1:]:
        FILE.write_text(written(FILE.read_text(encoding="utf-8"), table), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
