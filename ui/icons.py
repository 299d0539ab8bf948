"""Drawings of our own, as inline SVG in the text's colour: use cases, and thumbs."""

from ui.method_pictures import method

__all__ = ["method", "thumb", "use_case"]

_LINE = 'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"'

_USE_CASES = {
    "company_faq": (
        '<path d="M5 6h15v10H11l-4 4v-4H5z"/><path d="M25 12h2v9h-2v4l-4-4h-7v-2"/><path d="M9 10h7M9 13h4"/>'
    ),
    "medical": '<path d="M6 6h20v20H6z"/><path d="M16 11v10M11 16h10"/>',
    "customer_reply": '<path d="M5 8h22v16H5z"/><path d="M5 9l11 9 11-9"/>',
    "tutor": '<path d="M3 12l13-6 13 6-13 6z"/><path d="M9 15v7c3 3 11 3 14 0v-7M29 12v8"/>',
    "code_completion": '<path d="M11 10l-6 6 6 6M21 10l6 6-6 6"/><path d="M18 7l-4 18"/>',
    "document_qa": (
        '<path d="M6 4h11l5 5v7M6 4v23h9"/><path d="M17 4v5h5M10 13h8M10 17h5"/>'
        '<path d="M21 18a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM24.3 25.8L28 29.5"/>'
    ),
    "legal": (
        '<path d="M16 5v21M10 27h12M7 9h18"/><path d="M7 9l-4 9h8zM25 9l-4 9h8z"/>'
        '<path d="M3 18a4 4 0 0 0 8 0M21 18a4 4 0 0 0 8 0"/>'
    ),
    "brand_replies": (
        '<path d="M5 6h22v14H15l-6 6v-6H5z"/>'
        '<path d="M16 16.5c-2.6-1.8-4-3.2-4-4.8a2 2 0 0 1 4-.7 2 2 0 0 1 4 .7c0 1.6-1.4 3-4 4.8z"/>'
    ),
    "raw_documents": (
        '<path d="M7 5h10l5 5v14H7z"/><path d="M17 5v5h5"/><path d="M10 14h9M10 17h9M10 20h6"/><path d="M25 9v18H11"/>'
    ),
    "own": '<path d="M8 4h11l5 5v19H8z"/><path d="M19 4v5h5"/><path d="M16 23v-9M12.5 17.5L16 14l3.5 3.5"/>',
    "": '<path d="M6 8h20v16H6z"/><path d="M6 13h20M13 13v11"/>',
}


def use_case(name: str) -> str:
    """The icon of a use case, for pairs of its answers too; a plain table for one without a drawing."""
    drawing = _USE_CASES.get(name.removesuffix("_pairs"), _USE_CASES[""])
    return f'<svg class="k-icon" viewBox="0 0 32 32" aria-hidden="true" {_LINE}>{drawing}</svg>'


def thumb(up: bool) -> str:
    """A thumb up or down, in the colour of good or bad; a word must stand beside it."""
    turn = "" if up else ' transform="rotate(180 12 12)"'
    hand = "M3 10h4v10H3zM9 20V10l4-7c1.6 0 2.5 1.2 2.2 2.8L14.6 9H20a2 2 0 0 1 2 2.4l-1.4 6.8A2 2 0 0 1 18.6 20z"
    word = "good" if up else "bad"
    return f'<svg class="k-thumb k-thumb-{word}" viewBox="0 0 24 24" aria-hidden="true"><path{turn} d="{hand}"/></svg>'
