"""The kinds of take-away: one file each, found by the registry."""
