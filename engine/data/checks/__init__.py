"""What may be wrong with rows that can be used all the same: one kind of check per file, found by registry.checks().

A check tells and changes nothing: the rows stay as they are.
"""
