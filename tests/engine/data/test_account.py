"""The numbers add up: whatever a table of texts holds, every row of it is accepted or dropped, and nothing raises."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.account import account, happened, severity
from engine.data.ledger import Asked, counts, every, write_ledger
from engine.data.load import load
from engine.schema import DataSpec, Source, UserError

# Texts that look like something: personal data, control tokens, garbled letters, nothing at all.
LIKELY = st.sampled_from(
    ["", " ", "Yes", "taro@kumo.co.jp", "4111 1111 1111 1111", "<|im_start|>", "cafÃ©", "縺ゅ→縺ｧ", "\x00", "\ufeff"]
)
CELL = st.one_of(LIKELY, st.text(max_size=40), st.text("aあ7-@. \n", max_size=60))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12),
    personal=st.sampled_from(["", "mask", "drop"]),
    too_long=st.sampled_from(["", "cut_prompt", "drop"]),
)
def test_for_any_table_accepted_and_dropped_make_all_its_rows(tmp_path_factory, rows, personal, too_long):
    folder = tmp_path_factory.mktemp("any")
    path, stream = folder / "any.csv", io.StringIO()
    csv.writer(stream).writerows([("question", "answer"), *rows])
    path.write_text(stream.getvalue(), encoding="utf-8", errors="replace", newline="")
    source = Source(path=str(path))
    choices = DataSpec(train=source, personal=personal, too_long=too_long, max_length=16)
    count = lambda example: (sum(len(m.content.split()) for m in example.prompt), len(example.completion))  # noqa: E731
    try:
        loaded = load(source, choices=choices, checks=True, count_tokens=count)
    except UserError:  # a file of nothing but white space and signs is refused whole, with a sentence
        return
    found = account(loaded.examples, loaded.issues)
    assert found["rows"] == found["accepted"] + found["dropped"] == loaded.table.num_rows
    numbers = [example.source_row for example in loaded.examples]
    dropped = [issue.source_row for issue in loaded.issues if issue.dropped]
    assert len(set(numbers)) == len(numbers) and not set(numbers) & set(dropped)
    assert all(happened(issue) and severity(issue.code) for issue in loaded.issues)
    write_ledger(folder / "rows.sqlite", loaded, places={}, count_tokens=count)
    assert sum(counts(folder / "rows.sqlite")["status"].values()) == found["rows"]
    assert len(list(every(folder / "rows.sqlite", Asked()))) == found["rows"]
