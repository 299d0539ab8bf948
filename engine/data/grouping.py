"""Columns by which rows belong together: a document, a product, a session. A split must keep such rows on one side."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from engine.data.convert import fold_name
from engine.data.read import Table

# Names that say what rows are about or come from, the likeliest first.
NAMES = (
    *("group", "document", "document id", "doc", "doc id", "session", "session id", "conversation id", "thread id"),
    *("product", "product id", "item id", "sku", "customer", "customer id", "user id", "case id", "ticket id"),
    *("article", "article id", "page", "title", "chapter", "section", "file", "filename", "path", "url", "source"),
    *("entity", "focus", "disease", "subject", "topic", "context id", "passage id", "problem id", "task id"),
    *("グループ", "文書", "文書id", "ドキュメント", "セッション", "セッションid", "商品", "商品id", "商品名", "製品"),
    *(
        "製品名",
        "顧客",
        "顧客id",
        "案件",
        "案件id",
        "記事",
        "ページ",
        "タイトル",
        "題名",
        "章",
        "ファイル",
        "ファイル名",
    ),
    *("出典", "疾患", "病名", "テーマ", "話題", "法令", "法令名", "条文"),
)
FEWEST = 10  # groups
LARGEST = 0.2  # share of the rows one group may have: wider things are no group but a category
REPEATED = 1.2  # rows a group at least


@dataclass(frozen=True)
class Column:
    """A column that may name groups: how many there are, and the rows of the largest."""

    column: str
    groups: int
    largest: int


def candidates(table: Table, *, taken: Mapping[str, str]) -> list[Column]:
    """The columns with such a name whose values are neither all different nor a few wide categories, the likeliest
    first. Columns that hold a part of the example itself (`taken`, field -> column) are none."""
    used = {column for field, column in taken.items() if field != "group"}
    named = {fold_name(column): column for column in reversed(table.columns) if column not in used}
    found = [_counted(table, named[name]) for name in NAMES if name in named]
    return [one for one in found if one is not None]


def _counted(table: Table, column: str) -> Column | None:
    values = Counter(" ".join(str(row[column]).split()) for row in table.rows if row.get(column) not in (None, ""))
    rows = values.total()
    if len(values) < FEWEST or rows < REPEATED * len(values) or rows * 2 < len(table.rows):
        return None
    largest = values.most_common(1)[0][1]
    return Column(column, len(values), largest) if largest <= LARGEST * rows else None
