"""From a file to examples: read, convert, clean, split, leakage; `prepare` is the stage that does them in order."""
