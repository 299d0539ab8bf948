"""A use case's kept result as engine.results gives it, made up; every text of it holds the word "said"."""

from typing import Any

PRIMARY = {"metric": "key_facts", "suite": "reworded", "n": 144, "groups": 72, "before": 0.006, "prompted": 0.016}
PRIMARY |= {"nearest": 0.389, "after": 0.544, "difference": 0.538, "low": 0.424, "high": 0.655, "verdict": "better"}
PRIMARY |= {"wins": 98, "losses": 3}
SECONDS = {"prepare": 2.0, "base": 60.0, "train": 250.0, "tuned": 40.0, "compare": 3.0, "total": 355.0}
EXAMPLE = {"question": "What said?", "reference": "It said A.", "before": "It said B.", "after": "It said A, too."}
EXAMPLE |= {"scores": [0.0, 1.0], "why": {"en": "Why said", "ja": "なぜ said"}}
KEPT: dict[str, Any] = {
    "model": "smollm2-135m-instruct",
    "machine": {"processor": "said", "cores": 2, "memory_gb": 24, "device": "cpu"},
    "verdict": "better",
    "headline": {"en": "▲ better said", "ja": "▲ 改善 said"},
    "sentence": {"en": "Sentence said", "ja": "文 said"},
    "bad": {"en": ["Worse said"], "ja": ["悪化 said"]},
    "primary": PRIMARY,
    "seconds": SECONDS,
    "base_kept": False,
    "peak_bytes": 2_350_000_000,
    "rows": {"train": 263, "validation": 17, "test": 234},
    "example": EXAMPLE,
    "stale": False,
}
