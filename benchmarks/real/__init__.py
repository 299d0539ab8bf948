"""Whole runs on real data that is not the project's: medical questions, passages, Japanese law, code conventions."""
