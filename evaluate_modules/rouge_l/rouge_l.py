"""Wording in order (ROUGE-L) as a module of Hugging Face's `evaluate`: evaluate.load("./evaluate_modules/rouge_l")."""

import evaluate

from engine.metrics._module import described, scored
from engine.metrics.rouge_l import METRIC


class RougeL(evaluate.Metric):
    def _info(self):
        return described(METRIC)

    def _compute(self, predictions, references, prompts=None):
        return scored(METRIC, predictions, references, prompts)
