"""Key facts right as a module of Hugging Face's `evaluate`: evaluate.load("./evaluate_modules/key_facts")."""

import evaluate

from engine.metrics._module import described, scored
from engine.metrics.key_facts import METRIC


class KeyFacts(evaluate.Metric):
    def _info(self):
        return described(METRIC)

    def _compute(self, predictions, references, prompts=None):
        return scored(METRIC, predictions, references, prompts)
