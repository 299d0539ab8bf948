"""Personal data and secrets in rows: one kind per file, found by registry.finders().

What is found is told with row and kind and never shown whole. Rules find what has a form; names, and whatever is told
in plain words, are not found.
"""
