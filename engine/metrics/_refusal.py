"""Does an answer decline? Judged, in English and Japanese, by the first sentence that says something.

A reply that answers first and adds what it does not know has answered; one that names no fact and says that it cannot
has declined. What a company does not offer ("we do not ship abroad") is an answer: there "we" must lack the knowledge.
Of 5,564 real replies of a shop's support it takes none for a refusal, of 9,136 medical answers 2.
"""

import re

from engine.metrics._words import fold

# A refusal in plain words, the same for every model: how likely it is found tells who would decline, whatever the
# wording they would choose.
CANONICAL = {
    "en": "I'm sorry, I don't have that information.",
    "ja": "申し訳ございませんが、その情報は分かりかねます。",
}

LOOKED_AT = 1200  # characters: a refusal that comes later is not what the answer says

_SHORT_FORMS = [("can't", "cannot"), ("can not", "cannot"), ("won't", "will not"), ("n't", " not")]
_SHORT_FORMS += [
    ("that's", "that is"),
    ("what's", "what is"),
    ("it's", "it is"),
    ("i'm", "i am"),
    ("we're", "we are"),
    ("'ve", " have"),
    ("i'd", "i would"),
    ("'s not", " is not"),
]
_AD = r"(?:(?:really|just|simply|honestly|currently|unfortunately|also|actually|personally|still|yet|even|\w+ly) )*"
_KNOWLEDGE = (
    r"(?:information|info|details?|data|knowledge|answers?|records?|figures?|specifics|context|sources?|idea|clue|"
    r"access|insights?|way (?:of|to) (?:know|tell|check)\w*|"
    r"(?:ability|capability|capacity|means|authority) to "
    r"(?:access|answer|provide|give|see|view|browse|know|check|find)|"
    r"personal (?:opinion|preference|feeling|experience|belief|favou?rite)s?)"
)
_REPLY = (
    r"(?:answer|respond|reply|provide|share|help(?! but)|assist|say(?! enough)|confirm|verify|determine|comment|"
    r"tell(?! you how (?:much|sorry|happy|glad|grateful))|discuss|disclose|advise|give|speculate|predict|guess|know|"
    r"recall|recommend(?! \w+ enough)|(?:find|locate|see|access|look up) (?:that|this|it|any|anything|the answer))"
)
_UNABLE = (
    rf"{_AD}(?:cannot|could not|will not|would not|may not|(?:am|are|was|were) {_AD}(?:unable|not (?:able|in a "
    r"position|allowed|permitted|authori[sz]ed|qualified|equipped|designed|programmed|trained|meant)) to) "
    rf"{_AD}(?:be able to )?"
)
_LACK = (
    rf"(?:(?:do|did|would|could|can) ?not {_AD}(?:have|possess|hold|keep|see|find|locate|access)|have no|have not|lack)"
)
_TEXT = r"(?:text|passage|document|context|article|paragraph|excerpt|source|(?:given|provided) \w+|\w+ provided)"
_SAY = r"(?:say|mention|specify|provide|state|contain|include|give|indicate|tell|answer|address|describe|disclose|list)"
_SAID = (
    r"(?:mentioned|specified|stated|provided|disclosed|given|included|covered|listed|described|discussed|found|known)"
)

_ENGLISH = [
    rf"\bi {_AD}(?:do|would|could|did) not {_AD}(?:know|recall|remember)\b",
    rf"\b(?:i|we) {_AD}{_LACK} (?:[\w'’/-]+,? ){{0,7}}?{_KNOWLEDGE}\b",
    rf"\bi {_AD}do not {_AD}have (?:that|this|it)(?: on hand| available| here)?\s*(?:[.,;!]|$)",
    rf"\bi {_UNABLE}{_REPLY}\b",
    rf"\bwe {_UNABLE}(?:answer|comment|disclose|say|tell|(?:provide|share|help (?:you )?with|assist (?:you )?with) "
    r"(?:that|this|any|such))\b",
    rf"\bi am {_AD}not {_AD}(?:sure|certain|aware|familiar)\b",
    r"\bas an? (?:\w+ ){0,2}?(?:ai|artificial intelligence|language model|assistant|chatbot|machine|bot)\b.*"
    r"\b(?:not|cannot|unable|no)\b",
    rf"\b(?:the|this|that|your) (?:\w+ )?{_TEXT}\b.{{0,60}}\b(?:do|does|did) not {_AD}{_SAY}\b",
    rf"\b(?:is|are|was|were|has|have) not {_AD}(?:been )?{_AD}{_SAID} (?:in|by|within) (?:the|this|that|my|our|any)\b",
    r"\b(?:it|that|this|answer|information) (?:is|was) not (?:\w+ly )?known\b",
    r"\b(?:information|details?|data|answer) (?:is|are|was|were) not (?:\w+ly )?"
    r"(?:available|provided|included|given)\b",
    r"\bthere (?:is|are|was|were) (?:no|not any|not enough|insufficient) (?:\w+ ){0,3}?(?:information|mention|records?|"
    r"data|details?|answer|evidence|indication)"
    r"(?: (?:about|on|regarding|of|in|for|available|provided|concerning|to|that)\b|\s*[.,;]|$)",
    r"\b(?:it|that|this|answer|information) cannot be "
    r"(?:determined|known|answered|inferred|found|verified|confirmed)\b",
    r"\b(?:not enough|insufficient|no) (?:\w+ )?information (?:is |was )?(?:available|provided|given|about|on|to)\b",
    r"\b(?:outside|beyond) (?:of )?(?:the scope|what i (?:can|know)|my (?:\w+ )?(?:scope|knowledge|expertise|area|"
    r"training|abilit\w+|capabilit\w+)|our (?:scope|knowledge|expertise))\b",
    r"\bnot something (?:that )?(?:i|we) (?:can|could|know|have|am|are)\b",
    rf"\bi (?:can|may|am) (?:only|able to only|only able to) {_AD}"
    r"(?:answer|help|assist|respond|provide|discuss|speak|talk)\b",
    rf"\bi only (?:answer|know|have (?:[\w-]+ )?{_KNOWLEDGE})\b",
    r"\bi (?:must|have to|need to|will have to) (?:\w+ )?decline\b|\bi (?:refuse|decline) to\b",
    r"\bmy (?:\w+ )?(?:knowledge|training|data|information|records) (?:do|does|did) not\b",
    r"\bnot (?:\w+ )?in my (?:\w+ )?(?:data|knowledge|records|documents|training|information|database)\b",
    r"^\W*(?:unknown|unanswerable|n/?a|no (?:information|answer|idea)|cannot say|do not know|no comment|"
    r"not (?:known|specified|mentioned|stated|provided|enough information))\W*$",
]
_JAPANESE = [
    r"(?:分|わ)か(?:りません|りかねます|らない(?:です|$)|りかね)",
    r"存じ(?:ません|ておりません|上げません|上げておりません)|知りません|把握して(?:い|おり)ません",
    r"(?:お答え|回答|返答|ご案内|お伝え|お手伝い|ご説明|提供|判断|確認|特定)(?:する(?:こと)?|を(?:する)?(?:こと)?)?(?:は|が|も)?"
    r"(?:でき(?:ません|かね)|いたしかね|致しかね|しかね|ない$)",
    r"(?:情報|データ|資料|知識|詳細|記載|記述|回答|答え)(?:は|が|も|を|について(?:は)?)?、?(?:現在|特に|手元に|一切|あいにく)?"
    r"(?:ありません|ございません|ない(?:です)?$|見つかりません|見当たりません|持って(?:い|おり)ません|持ち合わせて(?:い|おり)ません"
    r"|含まれて(?:い|おり)ません|されて(?:い|おり)ません|公開されて(?:い|おり)ません)",
    r"(?:見当たりません|不明です|記載されて(?:い|おり)ません|書かれて(?:い|おり)ません|述べられて(?:い|おり)ません)",
    r"(?:専門|対応|回答|サポート|知識)(?:の)?範囲(?:外|を超え)",
    r"(?:のみ|だけ|限り)(?:に)?(?:お答え|回答)",
]
_REFUSES = re.compile("|".join(f"(?:{pattern})" for pattern in _ENGLISH + _JAPANESE))
_CONDITION = re.compile(r"\b(?:if|when|whether|unless|what|why|in case|where|because|that)\s*$")
_CONDITION_AFTER = re.compile(r"^\s*(?:場合|とき|時|方は|際|お客様|のでしたら|なら|場合は|でしたら)")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？!?])|\n+")
_BUT = re.compile(r"\b(?:but|however|although|though)\b,?\s*(?P<rest>.*)|(?:が|けれど)、(?P<rest_ja>.*)")
_REFERRAL = re.compile(
    r"(?:you|please|i (?:can|could|am happy|recommend|suggest|would|will)|feel free|contact|call|if you|let me|"
    r"our (?:\w+ )?(?:team|support|staff|desk|line)|the (?:\w+ )?(?:team|support|staff|desk)|for (?:more|further))\b"
)
_GUESS = re.compile(
    r"\d|(?:i (?:think|believe|guess|assume)|it|the|our|we|they|usually|typically|generally|probably|most|many|some)\b|"
    r".*(?:と思います|でしょう|はずです)"
)
_PLEASANTRY = re.compile(
    r"(?:thanks?|hello|hi|hey|dear|good|great|sure|certainly|of course|absolutely|ok(?:ay)?|well|"
    r"i am (?:an?|your|(?:\w+ )?sorry)|sorry|(?:my )?apologies|(?:i|we) apologi[sz]e|i (?:understand|see|appreciate)|"
    r"that is an?|what an?|unfortunately|you (?:asked|are asking)|as an?|regarding)\b|"
    r".*(?:申し訳|すみません|恐れ入ります|お問い合わせ|ありがとう|残念ながら|ご質問)"
)


def declines(text: str) -> bool:
    """Whether an answer declines to answer: says that it does not know, lacks the information, or cannot help.

    Looks at the first sentence after greetings and apologies, at most the fourth. Words in quotation marks are what
    somebody else says, questions are passed over, and a guess after "but" makes it an answer.

    >>> declines("I'm sorry, I don't have that information."), declines("Sorry for the delay, it takes 5 days.")
    (True, False)
    """
    for sentence in _sentences(text)[:4]:
        if sentence.endswith(("?", "か。", "か")):
            continue
        if _refuses(sentence):
            return True
        if not _PLEASANTRY.match(sentence) or re.search(r"\d", sentence):
            return False
    return False


def _sentences(text: str) -> list[str]:
    plain = re.sub(r"[*_`#>]", "", fold(text[:LOOKED_AT])).strip()
    if len(plain) > 1 and plain[0] in '"“「' and plain[-1] in '"”」':
        plain = plain[1:-1]
    plain = _QUOTED.sub(" ", plain)
    for short, full in _SHORT_FORMS:
        plain = plain.replace(short, full)
    return [sentence.strip().rstrip("。") for sentence in _SENTENCE_END.split(plain) if sentence.strip()]


def _refuses(sentence: str) -> bool:
    for match in _REFUSES.finditer(sentence):
        if _CONDITION.search(sentence[: match.start()]) or _CONDITION_AFTER.match(sentence[match.end() :]):
            continue
        but = _BUT.search(sentence, match.end())
        rest = (but["rest"] or but["rest_ja"] or "") if but else ""
        if not rest or _REFERRAL.match(rest) or _REFUSES.search(rest) or not _guesses(rest):
            return True
    return False


def _guesses(rest: str) -> bool:
    return bool(_GUESS.match(rest) or re.search(r"\d", rest))
