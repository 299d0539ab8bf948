"""Exact match as a module of Hugging Face's `evaluate`: evaluate.load("./evaluate_modules/exact_match")."""

import evaluate

from engine.metrics._module import described, scored
from engine.metrics.exact_match import METRIC


class ExactMatch(evaluate.Metric):
    def _info(self):
        return described(METRIC)

    def _compute(self, predictions, references, prompts=None):
        return scored(METRIC, predictions, references, prompts)
