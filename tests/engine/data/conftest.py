"""What the data tests share: files written on the spot, and real files that lie beside the project."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """write("a.csv", text, encoding=...) or write("a.bin", raw bytes) -> the path."""

    def write(name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def real() -> Callable[[str], Path]:
    """real("gsm8k/test.jsonl") -> the path; the test is skipped where the data is not at hand."""

    def real(name: str) -> Path:
        if not (REAL_DATA / name).is_file():
            pytest.skip(f"the real data set {name} is not beside the project")
        return REAL_DATA / name

    return real


def csv_text(rows: list[dict[str, str]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def jsonl_text(rows: list[dict]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def as_csv() -> Callable[[list[dict[str, str]]], str]:
    return csv_text


@pytest.fixture
def as_jsonl() -> Callable[[list[dict]], str]:
    return jsonl_text
