"""docs/data.md shows what is read today: its limits, and the account of real files where they are at hand."""

import pytest

from benchmarks import accounts
from engine.data.limits import MB, VARIABLES, Limits
from tests.engine.data.conftest import REAL_DATA

TEXT = accounts.FILE.read_text(encoding="utf-8")
TABLE = TEXT.partition(accounts.MARKS[0])[2].partition(accounts.MARKS[1])[0].strip().splitlines()


def test_every_limit_stands_there_with_its_default():
    for field, (variable, unit) in VARIABLES.items():
        assert f"| `{variable}` | {getattr(Limits(), field) // unit} |" in TEXT
    assert MB == 1024**2


def test_the_accounts_add_up_and_every_file_is_recognised_or_mapped():
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TABLE[2:]]
    assert len(rows) > 15
    for name, _, shape, total, accepted, fixed, dropped, columns in rows:
        number = lambda cell: int(cell.split()[0].replace(",", ""))  # noqa: E731
        assert number(accepted) + number(dropped) == number(total) and number(fixed) <= number(accepted), name
        assert shape != "-" and columns


@pytest.mark.slow
def test_the_table_is_what_the_files_give_today():
    if not REAL_DATA.is_dir():
        pytest.skip("the real data sets are not beside the project")
    assert accounts.lines(REAL_DATA) == TABLE, "draw it again: python -m benchmarks.accounts FOLDER --write"
