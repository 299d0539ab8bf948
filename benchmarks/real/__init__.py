"""Whole runs on real data that is not the project's: medicine, passages, Japanese law, code, tutoring, customers."""
