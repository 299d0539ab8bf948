"""Words of a text, and on which items text is compared. Where a script has no spaces, a word is a character."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from engine.schema import Example, Output

KANA = re.compile("[\u3040-\u30ff]")  # a text with one is Japanese
CJK = "\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WORD = re.compile(f"[{CJK}]|(?:(?![{CJK}_])\\w)+")
_ASCII_WORDS = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))  # others are spaces


def has_text(example: Example) -> bool:
    """Whether the reference is a text an answer can be compared with.

    No for an unanswerable item, where any wording of "I do not know" is right and `declining` judges; and no for an
    item with choices, where the likelihoods judge (`choice_accuracy`, `answer_loss`) and free text that says the same
    in other words would be marked down. No for a prompt without a reference, for a plain text, which is no answer, and
    for an answer labelled bad, which none should be like.
    """
    if example.choices or example.label is False:
        return False
    return bool(example.prompt and example.completion) and example.answerable


def generated(output: Output, example: Example) -> bool:
    """Whether there is an answer to look at, were it an empty one: an item with choices may have been judged by
    likelihood alone (then it took no time), and a plain text is not asked."""
    answered = output.tokens or output.seconds or output.text.strip()
    return bool(example.prompt) and bool(answered or not example.choices)


def fold(text: str) -> str:
    """The text in one form of each character (NFKC), lower case, with plain apostrophes.

    >>> fold("It’s ５ Days")
    "it's 5 days"
    """
    return unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2018", "'").casefold()


def split_words(text: str) -> list[str]:
    """Words in lower case: runs of letters and digits, each Chinese or Japanese character by itself.

    Equal to rouge_score's default tokenizer on English; that one drops every letter beyond a to z.

    >>> split_words("Café: 5日以内")
    ['café', '5', '日', '以', '内']
    """
    if text.isascii():  # the same words, in a tenth of the time
        return text.lower().encode("ascii").translate(_ASCII_WORDS).decode("ascii").split()
    return _WORD.findall(fold(text))


def normal_words(text: str) -> list[str]:
    """Words after SQuAD's normalisation: lower case, no punctuation, no articles (Rajpurkar 2016, evaluate-v2.0.py).

    >>> normal_words("The U.S. fee is $5.00!")
    ['us', 'fee', 'is', '500']
    """
    text = _DASHES.sub(" ", fold(text))
    text = "".join(char for char in text if unicodedata.category(char)[0] not in "PS")
    return _WORD.findall(_ARTICLES.sub(" ", text))


def shared_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the words (0..1) two texts share, counted with repetition; two texts without words are equal."""
    if not said or not wanted:
        return float(not said and not wanted)
    return 2 * (Counter(said) & Counter(wanted)).total() / (len(said) + len(wanted))
