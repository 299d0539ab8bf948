"""How far an answer's manner is from the reference's, whatever it says: a few features anybody can count."""

import math
import re
import unicodedata

from engine.metrics._sentences import sentences
from engine.metrics._words import has_text, split_words
from engine.schema import Example, Metric, Output

LONGER = 4.0  # sentences that many times as long are as far apart as that feature goes

# Each is looked for in every sentence: the feature is the share of sentences that have it.
_MARKS = {
    "we": re.compile(r"\b(?:we|us|our|ours)\b|私たち|私ども|わたしたち|我々|弊社|当社|当店", re.IGNORECASE),
    "i": re.compile(r"\b(?:I|me|my|mine|myself)\b|(?:私|わたし|僕|ぼく|俺)(?!たち|ども)"),
    "hedge": re.compile(
        r"\b(?:maybe|perhaps|might|may|could|possibly|probably|likely|usually|generally|often|seems?|appears?|I think"
        r"|I believe)\b|かもしれ|でしょう|と思[いうわ]|おそらく|たぶん|可能性|ようです|一般に|場合があ",
        re.IGNORECASE,
    ),
    "exclamation": re.compile(r"!"),
    "question": re.compile(r"\?|(?:です|ます|でした|ました|ません|でしょう)か[。」]*$"),
    "polite": re.compile(
        r"(?:です|ます|でした|ました|ません|でしょう|ましょう|ください|下さい|ございます)(?:か|ね|よ|が)*[。.!?…」)]*$"
    ),
}


def features(text: str) -> dict[str, float]:
    """Words per sentence, and the share of sentences (0..1) that say we, I, hedge, have ! or ?, end in です or ます.

    >>> features("We open at 9. You may call!")["we"], features("はい、開いています。")["polite"]
    (0.5, 1.0)
    """
    parts = sentences(unicodedata.normalize("NFKC", text))
    if not parts:
        return {"length": 0.0, **dict.fromkeys(_MARKS, 0.0)}
    shares = {name: sum(bool(mark.search(part)) for part in parts) / len(parts) for name, mark in _MARKS.items()}
    return {"length": sum(len(split_words(part)) for part in parts) / len(parts), **shares}


def score(output: Output, example: Example) -> float | None:
    """Mean absolute difference (0..1) of the features of answer and reference, each on a scale from 0 to 1; lower is
    closer. Sentence length counts as the logarithm of the ratio, full at four times. 1.0 for an answer without words.

    Nothing is fitted: the scales are fixed, so base and tuned are measured with one rule. A single short answer is a
    rough measure; the mean over items is what to read. None: see `has_text`, and where the reference has no word.
    """
    if not has_text(example):
        return None
    wanted, said = features(example.completion), features(output.text)
    if not wanted["length"]:
        return None
    if not said["length"]:
        return 1.0
    apart = [abs(said[name] - wanted[name]) for name in _MARKS]
    apart.append(min(1.0, abs(math.log(said["length"] / wanted["length"])) / math.log(LONGER)))
    return sum(apart) / len(apart)


METRIC = Metric(name="style_distance", title="Distance in style", better="lower", score=score)
