"""Word overlap (token F1) as a module of Hugging Face's `evaluate`: evaluate.load("./evaluate_modules/token_f1")."""

import evaluate

from engine.metrics._module import described, scored
from engine.metrics.token_f1 import METRIC


class TokenF1(evaluate.Metric):
    def _info(self):
        return described(METRIC)

    def _compute(self, predictions, references, prompts=None):
        return scored(METRIC, predictions, references, prompts)
