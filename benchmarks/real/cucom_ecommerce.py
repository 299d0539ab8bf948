"""The first reply to a customer (CuCom, published as synthetic): does it keep rules that its own replies keep?

The rules were fixed before any run, from reading the training half alone; beside each stands how many of that half's
replies (661 of up to LONGEST characters) keep it. Messages and replies are much alike, so what differs from training in
its order number alone is not asked.
"""

import re
from pathlib import Path
from typing import Any

from benchmarks.real.rows import Row, Sizes, general, ordered, read_lines, source, unleaked

# 80 items find 16 points of one rule at 80 % power, and fewer of eight at once; 240 rows are two to four minutes
SIZES = Sizes(train=240, test=80)
LONGEST = 160  # characters of a reply: 98 % of these fit 48 tokens, in which an order number takes twenty
CANDIDATES = 5  # a test row, read from the other half: what training gives away is left out
NUMBER = r"\b[A-Z]{0,4}\d(?:-?\d){9,}\b"  # order and transaction numbers: 90 % of messages have one; no date, no sum
RULES: list[dict[str, Any]] = [
    {
        "name": "thanks_or_sorry",  # 96 %
        "says": {
            "en": "Thanks, says sorry or says that it understands.",
            "ja": "お礼、お詫び、または理解を示す言葉がある。",
        },
        "needs": r"\b(?:thank|sorry|apolog|regret|understand)",
    },
    {
        "name": "order_number",  # 81 %
        "says": {"en": "Repeats every order number exactly.", "ja": "注文番号をすべて正確に繰り返す。"},
        "copies": NUMBER,
    },
    {
        "name": "next_step",  # 97 %
        "says": {
            "en": "Asks for something or says what is done next.",
            "ja": "何かを尋ねるか、次に何をするかを伝える。",
        },
        "needs": r"\?|\b(?:please|kindly|could you|allow me|let me|may i|(?:i|we) (?:will|would|shall))\b"
        r"|\b(?:am|are) (?:currently |now )?(?:check|review|look|investigat)",
    },
    {
        "name": "no_promises",  # 99.7 %
        "says": {
            "en": "Promises no refund, replacement, compensation, date or result.",
            "ja": "返金、交換、補償、期日、結果を約束しない。",
        },
        "avoids": r"\bguarantee|\b(?:i|we)(?: can)? (?:promise|assure)\b|\bfull(?:y)? refund|\bcompensat|\bvoucher"
        r"|\b(?:will|shall) (?:be )?(?:refund|replac|arriv|deliver|resolv|receiv)|\byou will (?:get|have)\b"
        r"|\bwithin (?:the next )?[\w-]+ (?:minutes|hours|days|weeks|business)\b",
    },
    {
        "name": "no_letter",  # 100 %
        "says": {
            "en": "Is a message in a chat, not a letter: no subject, no salutation, no sign-off.",
            "ja": "件名・宛名・結びの言葉のない、手紙ではなくチャットの返信である。",
        },
        "avoids": r"\bdear\b|\bsubject:|\b(?:best|kind|warm) regards\b|\b(?:sincerely|yours),",
    },
    {
        "name": "no_blanks",  # 99.7 %
        "says": {
            "en": "Leaves no blanks such as [name] to fill in.",
            "ja": "[name] のような、後で埋める空欄を残さない。",
        },
        "avoids": r"[\[\]<>{}]",
    },
    {
        "name": "calm",  # 100 %
        "says": {"en": "Has no exclamation mark.", "ja": "感嘆符がない。"},
        "avoids": "[!！]",
    },
    {
        "name": "length",  # 100 %
        "says": {"en": "Has 12 to 30 words.", "ja": "12〜30 語に収まっている。"},
        "least": 12,
        "most": 30,
    },
]


def spec(data: Path, folder: Path, sizes: Sizes) -> dict[str, Any]:
    """The run: half of the conversations to train on, the other half as the test; which, their names' hashes decide."""
    rows = sorted(read_lines(data / "cucom_ecommerce" / "first_reply.jsonl"), key=lambda row: ordered(row["id"]))
    halves = (rows[: len(rows) // 2], rows[len(rows) // 2 :])
    seen, other = ([shaped(row) for row in half if len(row["agent"]) <= LONGEST] for half in halves)
    train = seen[: sizes.train]
    test = unlike(folder, other[: CANDIDATES * sizes.test], train)
    return {
        "title": "CuCom: the first reply to a customer",
        "use_case": "customer_reply",
        "system": "You reply to customers of an online shop.",
        "data": {
            "train": source(folder, "train", train),
            "suites": {
                "unseen": source(folder, "unseen", test[: sizes.test]),
                "general": general(folder, tiny=sizes.tiny),
            },
            "max_length": 256,  # the longest row has about 170 tokens
            "validation_share": 0,  # one look at every row, at a rate that falls to zero: the last checkpoint it is
        },
        "method": "instruction",  # the default on a CPU: LoRA, with general instructions mixed in against forgetting
        "settings": {"epochs": 1} | sizes.settings,  # a manner is learnt, not facts: more rows beat more looks
        "metrics": [
            *("rules", "token_f1", "unsupported_specifics", "answer_loss", "choice_accuracy"),
            *("length_ratio", "repetition"),
        ],
        "rules": RULES,
        "primary": {"metric": "rules", "suite": "unseen", "minimum": 0.05},  # as the use case customer_reply has it
        "decoding": {"max_new_tokens": 8 if sizes.tiny else 48},  # room for 98 % of the replies; cut ones are counted
    }


def shaped(row: Row) -> Row:
    """Message and reply; the conversation's name is its group."""
    return {"question": row["customer"], "answer": row["agent"], "group": row["id"]}


def unlike(folder: Path, asked: list[Row], train: list[Row]) -> list[Row]:
    """The rows to ask that training does not give away, be it with other order numbers."""
    clean = unleaked(folder, asked, train)
    kept = {row["group"] for row in unleaked(folder, list(map(bare, clean)), list(map(bare, train)))}
    return [row for row in clean if row["group"] in kept]


def bare(row: Row) -> Row:
    """The row without its order numbers: what is said of one order is said of another."""
    return row | {name: re.sub(NUMBER, "NUMBER", row[name], flags=re.IGNORECASE) for name in ("question", "answer")}
