"""How well an answer keeps to one company's voice: a plain rule each, so anybody can see what was asked for.

The rules are the voice of presets/brand_replies; write your own file beside it for yours.
"""

import re
from collections.abc import Callable

from engine.metrics._words import fold, split_words
from engine.schema import Example, Metric, Output

SIGN_OFF = "Your friends at Mosswick"
MOST_WORDS = 60
OWN_WORDS = 8  # besides the thanks and the sign-off
COPIED = 0.5  # of the answer's 4-word sequences
SIZE = 4
STEM = 5  # letters by which a word counts as the same, endings aside: "watering" takes up "water"

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')]*\s+|\s*\n\s*")
_THANKS = re.compile(r"\bthank(?:s| you)\b")
_WE = re.compile(r"\b(?:we|us|our|ours)\b")
_I = re.compile(r"\b(?:i|me|my|mine|myself)\b")
_PLEASE = re.compile(r"\bplease\b")
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|s|e)$")
_COLD = re.compile(
    r"\bunfortunately\b|\bregret to\b|\b(?:per|against|under|according to) (?:\w+ ){0,2}polic(?:y|ies)\b|"
    r"\bterms and conditions\b|\bas (?:clearly )?stated\b|\byou (?:should|must|need to|have to|had to)\b"
)
_COMMON = frozenset(
    "about after again all also and any are ask asked asking back because been before being both but can cannot "
    "come could did does doing done dont down each easy even ever every for friends from get gets give gives "
    "going got had has have having hello help her here him his how into its just keep know let like lot "
    "made make many may message more mosswick most much need new not now off once one only other our out over own "
    "per please put question really right said same say see set she should some still such sure take tell than "
    "thank thanks that the their them then there these they thing think this those today too try two under until "
    "use very want wants was way well were what when where which while who why will with would write writing yes "
    "yet you your yours".split()
)


def sentences(answer: str) -> list[str]:
    """The sentences before the sign-off, folded to lower case; a line break ends one too.

    >>> sentences("Thanks for asking. We close at 6.\\nYour friends at Mosswick")
    ['thanks for asking.', 'we close at 6.']
    """
    found = [part.strip() for part in _SENTENCE_END.split(fold(answer).strip())]
    return [part for part in found if part and split_words(part) != split_words(SIGN_OFF)]


def thanks_first(answer: str, message: str) -> bool:
    """Thanks the customer in the first sentence."""
    said = sentences(answer)
    return bool(said and _THANKS.search(said[0]))


def calm_and_kind(answer: str, message: str) -> bool:
    """Has no exclamation mark, no "unfortunately", no policy and no blame."""
    return not re.search("[!\uff01]", answer) and not _COLD.search(fold(answer))


def says_we(answer: str, message: str) -> bool:
    """Speaks as "we", never as "I"."""
    said = " ".join(sentences(answer))
    return bool(_WE.search(said)) and not _I.search(said)


def one_next_step(answer: str, message: str) -> bool:
    """Offers one next step: exactly one sentence, of at least four words, says please."""
    steps = [part for part in sentences(answer) if _PLEASE.search(part)]
    return len(steps) == 1 and len(split_words(steps[0])) >= 4


def signs_off(answer: str, message: str) -> bool:
    """Ends with the sign-off on a line of its own or as the last sentence, and says it once."""
    closing = fold(SIGN_OFF)
    text = fold(answer).strip().rstrip(".")
    before = text.removesuffix(closing)
    return text.endswith(closing) and text.count(closing) == 1 and before.endswith((" ", "\n", ""))


def short(answer: str, message: str) -> bool:
    """Has at most 60 words, the sign-off among them."""
    return len(split_words(answer)) <= MOST_WORDS


def answers_in_own_words(answer: str, message: str) -> bool:
    """Says something about the message: the rule against a reward earned with the forms alone.

    At least 8 words besides thanks and sign-off, no sentence twice, a word of the message (3 letters or more, no
    common one) taken up, and less than half of the answer's 4-word sequences copied from it.
    """
    said = sentences(answer)
    own = [word for part in said if not _THANKS.search(part) for word in split_words(part)]
    if len(own) < OWN_WORDS or len({tuple(split_words(part)) for part in said}) < len(said):
        return False
    asked = _sequences(split_words(message))
    given = _sequences(split_words(" ".join(said)))
    copied = sum(sequence in asked for sequence in given) / len(given)
    return copied < COPIED and bool(_stems(message) & _stems(" ".join(said)))


def _sequences(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[i : i + SIZE]) for i in range(len(words) - SIZE + 1)]


def _stems(text: str) -> set[str]:
    return {_ENDING.sub("", word)[:STEM] for word in split_words(text) if len(word) >= 3 and word not in _COMMON}


RULES: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("thanks_first", thanks_first),
    ("calm_and_kind", calm_and_kind),
    ("says_we", says_we),
    ("one_next_step", one_next_step),
    ("signs_off", signs_off),
    ("short", short),
    ("answers_in_own_words", answers_in_own_words),
)


def kept(answer: str, message: str) -> tuple[str, ...]:
    """The names of the rules this answer to this message keeps: none where the answer is empty.

    >>> kept("Thanks!", "When do you open?")
    ('thanks_first', 'short')
    """
    return tuple(name for name, keeps in RULES if keeps(answer, message)) if answer.strip() else ()


def score(output: Output, example: Example) -> float | None:
    """The share (0..1) of the rules that the answer keeps; 0.0 where it is empty.

    None for an item with choices, which is judged by likelihood, and for one that asks nothing: neither is a
    customer's message.
    """
    if example.choices or not example.question.strip():
        return None
    return len(kept(output.text, example.question)) / len(RULES)


METRIC = Metric(name="brand_rules", title="Brand rules kept", better="higher", score=score)
