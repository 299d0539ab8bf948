"""Character overlap (chrF) as a module of Hugging Face's `evaluate`: evaluate.load("./evaluate_modules/chrf")."""

import evaluate

from engine.metrics._module import described, scored
from engine.metrics.chrf import METRIC


class ChrF(evaluate.Metric):
    def _info(self):
        return described(METRIC)

    def _compute(self, predictions, references, prompts=None):
        return scored(METRIC, predictions, references, prompts)
