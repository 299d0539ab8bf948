"""Which methods there are for the data at hand: their groups and their order. No method is listed here that must be: a
file added to engine/methods finds its place by what it needs."""

from collections.abc import Sequence

from engine.data.own import recommended
from engine.registry import methods

GROUPS = ("answers", "preference", "documents")
# From the one to begin with to the one with the most at stake; methods not named here follow, by name.
FAMILIAR = ("instruction", "lora", "qlora", "adapter", "ia3", "prompt_tuning", "full", "dpo", "kto", "rlhf")


def group(name: str) -> str:
    """Where a method belongs: it learns answers as they stand, which answers are liked, or documents."""
    needs = set(methods()[name].needs)
    if needs == {"text"}:
        return "documents"
    return "answers" if "completion" in needs and not needs & {"labels", "prompts"} else "preference"


def order() -> list[str]:
    """The names of all methods, group by group, in the order in which to learn about them."""

    def place(name: str) -> tuple[int, int, str]:
        known = FAMILIAR.index(name) if name in FAMILIAR else len(FAMILIAR)
        return GROUPS.index(group(name)), known, name

    return sorted(methods(), key=place)


def groups(kinds: Sequence[str]) -> dict[str, list[str]]:
    """The methods of each group that has some: first that of the recommended method, last those of no use here."""
    every = {name: [member for member in order() if group(member) == name] for name in GROUPS}

    def place(name: str) -> tuple[bool, bool]:
        return name != group(recommended(kinds)), not any(fits(member, kinds) for member in every[name])

    return {name: every[name] for name in sorted(GROUPS, key=place) if every[name]}


def fits(name: str, kinds: Sequence[str]) -> bool:
    """Whether a method can learn from rows of all these kinds; where none is known yet, any method may be tried."""
    return set(kinds) <= set(methods()[name].needs)
