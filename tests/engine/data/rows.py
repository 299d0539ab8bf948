"""Examples written in one line, for the tests of what is done with rows."""

from engine.schema import Example, Message, identified


def row(number: int, question: str, answer: str, **values) -> Example:
    """A question with its answer as the row of that number."""
    return identified(Example("", (Message("user", question),), answer, source_row=number, **values))


def many(count: int, answer: str = "Article {n} costs {n} dollars, which is {n} dollars a piece.") -> list[Example]:
    """So many rows that have nothing the matter."""
    return [row(n, f"How much is article number {n}?", answer.format(n=n)) for n in range(1, count + 1)]
