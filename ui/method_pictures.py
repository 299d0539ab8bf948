"""A picture of each method, as inline SVG: what is frozen (outlined), what is trained (filled), what it learns from.

Three bars are the layers of a model. Words, answers and documents stand on the left and go in by an arrow.
"""

from collections.abc import Callable

LAYERS = (10, 39, 68)  # where the three layers begin, each 18 high
HEIGHT = 96


def method(name: str) -> str:
    """The picture of a method; for one without a drawing, frozen layers with something trained beside them."""
    draw = _PICTURES.get(name, _low_rank)
    return f'<svg class="k-method-picture" viewBox="0 0 160 {HEIGHT}" aria-hidden="true">{draw()}</svg>'


def _box(x: float, y: float, width: float, height: float, kind: str, *, round: float = 3) -> str:
    return f'<rect class="k-m-{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{round}"/>'


def _path(d: str, kind: str) -> str:
    return f'<path class="k-m-{kind}" d="{d}"/>'


def _full() -> str:
    return "".join(_box(6, y, 148, 18, "trained") for y in LAYERS)


def _low_rank(frozen: str = "frozen") -> str:
    """Beside each frozen layer a pair of narrow matrices."""
    return "".join(_box(6, y, 92, 18, frozen) + _pair(y) for y in LAYERS)


def _pair(y: int) -> str:
    wires = _path(f"M98 {y + 9}h10M122 {y + 9}h10M146 {y + 9}h8", "wire")
    return wires + _path(f"M108 {y}l14 6v6l-14 6zM146 {y}l-14 6v6l14 6z", "trained")


def _four_bits() -> str:
    bits = "".join(_path(f"M{x} {y + 4}v10", "bit") for y in LAYERS for x in range(16, 96, 10))
    return _low_rank("frozen4") + bits


def _bottlenecks() -> str:
    """Between whole frozen layers small blocks that narrow and widen again."""
    layers = "".join(_box(6, y, 148, 14, "frozen") for y in (4, 41, 78))
    blocks = "".join(
        _path(f"M80 {y}v23", "wire") + _path(f"M56 {y + 3}h48l-14 8h-20zM70 {y + 12}h20l14 8h-48z", "trained")
        for y in (18, 55)
    )
    return layers + blocks


def _factors() -> str:
    """One thin trained line across each frozen layer: a factor per feature."""
    lines = "".join(_box(106, y - 4, 4, 26, "trained", round=2) for y in LAYERS)
    times = "".join(_path(f"M118 {y + 5}l8 8M126 {y + 5}l-8 8", "mark") for y in LAYERS)
    return "".join(_box(6, y, 148, 18, "frozen") for y in LAYERS) + lines + times


def _tokens_before() -> str:
    """A frozen model; before the tokens of the prompt stand trained ones."""
    layers = "".join(_box(6, y, 148, 14, "frozen") for y in (4, 24, 44))
    learnt = "".join(_box(x, 74, 14, 14, "trained") for x in range(8, 66, 18))
    given = "".join(_box(x, 74, 14, 14, "frozen") for x in range(86, 141, 18))
    wires = "".join(_path(f"M{x} 73v-14", "wire") for x in (*range(15, 70, 18), *range(93, 150, 18)))
    return layers + wires + learnt + given


def _small_model(x: int = 104) -> str:
    """A model of which a part is trained, small, at the right."""
    return "".join(
        _box(x, y, 32, 13, "frozen") + _path(f"M{x + 32} {y + 6.5}h6", "wire") + _box(x + 38, y, 12, 13, "trained")
        for y in (20, 41, 62)
    )


def _arrow(x: int = 82, y: int = 48) -> str:
    return _path(f"M{x} {y}h13M{x + 8} {y - 5}l5 5l-5 5", "arrow")


def _bubble(y: int, width: int, height: int, kind: str, *, x: int = 6, left: bool = True) -> str:
    """A speech bubble with its tail at the lower left or right."""
    tail = x + 8 if left else x + width - 14
    return _path(
        f"M{x + 4} {y}h{width - 8}a4 4 0 0 1 4 4v{height - 8}a4 4 0 0 1-4 4H{tail + 7}l-5 5v-5H{x + 4}a4 4 0 0 1-4-4"
        f"v-{height - 8}a4 4 0 0 1 4-4z",
        kind,
    )


def _instructions() -> str:
    """Questions with their answers, the answers being what is learnt; a general pair, dashed, among them."""
    asked = "".join(_bubble(y, 40, 15, "frozen") for y in (6, 52))
    answers = "".join(_bubble(y, 46, 15, "trained", x=28, left=False) for y in (28, 74))
    return asked + answers + _arrow(84) + _small_model(106)


def _documents() -> str:
    """A page, every line of which is learnt."""
    page = _path("M10 6h40l16 16v68h-56z", "frozen") + _path("M50 6v16h16", "wire")
    lines = "".join(_box(18, y, width, 6, "trained") for y, width in ((32, 40), (44, 40), (56, 34), (68, 40), (80, 22)))
    return page + lines + _arrow(78) + _small_model()


def _two_answers() -> str:
    """Two answers to one question: one to become likelier, one less likely."""
    both = _bubble(8, 48, 26, "frozen") + _bubble(54, 48, 26, "frozen")
    up, down = _path("M66 36v-22M60 21l6-7l6 7", "up"), _path("M66 58v22M60 73l6 7l6-7", "down")
    words = "".join(_path(f"M14 {y}h32M14 {y + 8}h{w}", "words") for y, w in ((17, 22), (63, 26)))
    return both + words + up + down + _arrow(84) + _small_model(106)


def _thumb(x: int, y: int, *, up: bool) -> str:
    hand = "M0 8h5v12H0zM7 20V8l5-8c2 0 3 1.4 2.6 3.2L13.6 7H20a2.4 2.4 0 0 1 2.4 2.8l-1.6 8A2.4 2.4 0 0 1 18.4 20z"
    turn = "" if up else " rotate(180 11 10)"
    return f'<path class="k-m-thumb-{"up" if up else "down"}" transform="translate({x} {y}){turn}" d="{hand}"/>'


def _thumbs() -> str:
    """Single answers, each with a thumb up or down."""
    both = _bubble(8, 46, 26, "frozen") + _bubble(54, 46, 26, "frozen")
    words = "".join(_path(f"M14 {y}h30M14 {y + 8}h{w}", "words") for y, w in ((17, 20), (63, 24)))
    return both + words + _thumb(57, 10, up=True) + _thumb(57, 58, up=False) + _arrow(86) + _small_model(108)


def _loop() -> str:
    """The model answers, a judge gives points, and the points go back into the model."""
    model = "".join(
        _box(6, y, 24, 11, "frozen") + _path(f"M30 {y + 5.5}h4", "wire") + _box(34, y, 10, 11, "trained")
        for y in (26, 43, 60)
    )
    answers = _bubble(6, 40, 16, "frozen", x=70) + _bubble(14, 40, 16, "frozen", x=78)
    words = _path("M86 22h24", "words")
    star = "M122 56l4.6 9.6l10.6 1.4l-7.8 7.3l2 10.5l-9.4-5.1l-9.4 5.1l2-10.5l-7.8-7.3l10.6-1.4z"
    loop = _path("M26 20C30 8 46 8 62 12M56 7l7 5l-7 5", "arrow")
    loop += _path("M124 28C134 34 134 42 128 49M127 41l0 9l8-3", "arrow")
    loop += _path("M100 76C80 92 48 92 28 78M28 87l-1-10l10 2", "arrow")
    return model + answers + words + _path(star, "reward") + loop


_PICTURES: dict[str, Callable[[], str]] = {
    "full": _full,
    "lora": _low_rank,
    "qlora": _four_bits,
    "adapter": _bottlenecks,
    "ia3": _factors,
    "prompt_tuning": _tokens_before,
    "instruction": _instructions,
    "continued_pretraining": _documents,
    "dpo": _two_answers,
    "kto": _thumbs,
    "rlhf": _loop,
}
