"""Columns by which rows belong together."""

from engine.data.grouping import candidates
from engine.data.own import own_data_spec
from engine.data.read import read_rows


def products(count=40, **more) -> list[dict]:
    rows = [{"question": f"Price of {n}, way {w}?", "answer": f"{n} yen"} for n in range(count // 2) for w in (0, 1)]
    return [row | {"product": f"P-{at // 2}", "no": str(at)} | more for at, row in enumerate(rows)]


def found(write, as_csv, rows) -> list[tuple]:
    table = read_rows(write("a.csv", as_csv(rows)))
    taken = {"question": "question", "answer": "answer"}
    return [(one.column, one.groups, one.largest) for one in candidates(table, taken=taken)]


def test_a_column_named_for_what_rows_are_about_is_found(write, as_csv):
    assert found(write, as_csv, products()) == [("product", 20, 2)]


def test_numbers_and_wide_categories_are_no_groups(write, as_csv):
    rows = [row | {"product": row["no"], "topic": ("a", "b")[at % 2]} for at, row in enumerate(products())]
    assert found(write, as_csv, rows) == []


def test_japanese_names_are_known(write, as_csv):
    rows = [{key: value for key, value in row.items() if key != "product"} for row in products()]
    rows = [row | {"商品名": f"品{at // 4}"} for at, row in enumerate(rows)]
    assert found(write, as_csv, rows) == [("商品名", 10, 4)]


def test_a_file_of_ones_own_is_grouped_by_it_unless_one_says_otherwise(write, as_csv):
    path = write("a.csv", as_csv(products()))
    assert own_data_spec(path).data.train.columns["group"] == "product"
    assert own_data_spec(path, columns={"group": ""}).data.train.columns.get("group", "") == ""
