"""SQuAD's own files, nested as they are published, as one row a question.

{"data": [{"title": "Mills", "paragraphs": [{"context": "Built in 1802.", "qas": [{"question": "When?", ...}]}]}]}
Source: https://rajpurkar.github.io/SQuAD-explorer/
"""

from typing import Any


def is_nested(rows: list[Any]) -> bool:
    """Whether these are SQuAD's articles: every row an object with a list of paragraphs."""
    return bool(rows) and all(isinstance(row, dict) and isinstance(row.get("paragraphs"), list) for row in rows)


def flat(articles: list[dict[str, Any]]) -> list[Any]:
    """A row for each question, with its article's title and its paragraph. What is no paragraph with questions stays as
    it is, so that it is counted and told."""
    rows: list[Any] = []
    for article in articles:
        for paragraph in article["paragraphs"]:
            questions = paragraph.get("qas") if isinstance(paragraph, dict) else None
            if not isinstance(questions, list):
                rows.append(paragraph)
                continue
            about = {"title": article.get("title"), "context": paragraph.get("context")}
            rows += [{**about, **_question(asked)} if isinstance(asked, dict) else asked for asked in questions]
    return rows


def _question(asked: dict[str, Any]) -> dict[str, Any]:
    answers = asked.get("answers")
    if not isinstance(answers, list):
        return asked
    texts = [answer.get("text") if isinstance(answer, dict) else answer for answer in answers]
    return {**asked, "answers": texts}
