"""Words that chat templates use for control, such as <|im_start|> or [INST], in the text of a row.

The model gets them as plain text, never as control tokens; still they are often left-overs of a template that was
already applied, and then the model learns to write them.
"""

import re
from collections.abc import Iterator, Sequence

from engine.data.checks._check import Check
from engine.schema import Example, Issue

# ChatML and its kin, Llama 2, Gemma, T5 and BERT.
TOKEN = re.compile(
    r"<\|[a-z][a-z0-9_]{1,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|</?(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>"
    r"|\[(?:CLS|SEP|PAD|UNK|MASK)\]"
)


def find(examples: Sequence[Example], tokens: Sequence[int] | None) -> Iterator[Issue]:
    for example in examples:
        found = TOKEN.search("\n".join((*(m.content for m in example.prompt), example.completion)))
        if found:
            message = f"Row {example.source_row} holds the control token {found[0]}; it stays text."
            yield Issue(example.source_row, "control_tokens", message, False)


CHECK = Check("control_tokens", {"control_tokens": "medium"}, find)
