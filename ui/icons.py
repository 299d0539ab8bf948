"""Drawings of our own, as inline SVG in the text's colour: use cases, and what each method freezes and trains."""

_LINE = 'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"'

_USE_CASES = {
    "company_faq": (
        '<path d="M5 6h15v10H11l-4 4v-4H5z"/><path d="M25 12h2v9h-2v4l-4-4h-7v-2"/><path d="M9 10h7M9 13h4"/>'
    ),
    "own": '<path d="M8 4h11l5 5v19H8z"/><path d="M19 4v5h5"/><path d="M16 23v-9M12.5 17.5L16 14l3.5 3.5"/>',
    "": '<path d="M6 8h20v16H6z"/><path d="M6 13h20M13 13v11"/>',
}


def use_case(name: str) -> str:
    """The icon of a use case; a plain table for one without a drawing."""
    drawing = _USE_CASES.get(name, _USE_CASES[""])
    return f'<svg class="k-icon" viewBox="0 0 32 32" aria-hidden="true" {_LINE}>{drawing}</svg>'


def method(name: str) -> str:
    """Three layers of a model: frozen ones outlined (hatched where kept in 4 bits), trained parts filled."""
    if name == "full":
        layers = [_layer(y, "k-m-trained") for y in (10, 36, 62)]
        return _picture("".join(layers))
    frozen = "k-m-frozen4" if name == "qlora" else "k-m-frozen"
    layers = [_layer(y, frozen, width=92) + _beside(y) for y in (10, 36, 62)]
    bits = "".join(_bits(y) for y in (10, 36, 62)) if name == "qlora" else ""
    return _picture("".join(layers) + bits)


def _layer(y: int, cls: str, *, width: int = 148) -> str:
    return f'<rect class="{cls}" x="6" y="{y}" width="{width}" height="18" rx="3"/>'


def _beside(y: int) -> str:
    """A low-rank pair: two narrow matrices beside the frozen layer."""
    return (
        f'<path class="k-m-wire" d="M98 {y + 9}h10M146 {y + 9}h8"/>'
        f'<path class="k-m-trained" d="M108 {y}l14 6v6l-14 6z"/><path class="k-m-trained" d="M146 {y}l-14 6v6l14 6z"/>'
        f'<path class="k-m-wire" d="M122 {y + 9}h10"/>'
    )


def _bits(y: int) -> str:
    return "".join(f'<path class="k-m-bit" d="M{x} {y + 4}v10"/>' for x in range(16, 96, 10))


def _picture(inside: str) -> str:
    return f'<svg class="k-method-picture" viewBox="0 0 160 90" aria-hidden="true">{inside}</svg>'
