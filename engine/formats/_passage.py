"""A question about a passage: how both stand in the prompt, and how an answer says that the passage does not tell.

The passage comes before the question, so that several questions about one passage begin alike and are computed once.
"""

import hashlib

from engine.metrics._words import KANA

PROMPT = {
    "en": "Answer the question from this passage alone.\n\nPassage:\n{passage}\n\nQuestion: {question}",
    "ja": "次の文章だけにもとづいて質問に答えてください。\n\n文章：\n{passage}\n\n質問：{question}",
}
DECLINES = {"en": "The passage does not say.", "ja": "文章には書かれていません。"}


def language(text: str) -> str:
    """The language a prompt is worded in: "ja" for a text with kana, else "en"."""
    return "ja" if KANA.search(text) else "en"


def about(passage: str, question: str) -> str:
    """The question with its passage, as the model is asked."""
    return PROMPT[language(passage)].format(passage=passage, question=question)


def group(title: str, passage: str) -> str:
    """What keeps the questions of one passage together: title/hash of the passage, so the title is the topic."""
    key = hashlib.sha256(passage.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{' '.join(title.split()).replace('/', '-')}/{key}" if title.strip() else key
