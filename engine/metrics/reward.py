"""What the run's own reward model gives an answer: whether reinforcement learning reached what it was after."""

from engine.schema import Example, Metric, Output


def score(output: Output, example: Example) -> float | None:
    """The reward by the reward model that RLHF learnt from the run's preference pairs, higher is better.

    0 is the mean of the answers it was learnt from; a difference of 1 means odds of e : 1 of being preferred. None
    where the run has no reward model. Source: Ouyang et al. 2022, https://arxiv.org/abs/2203.02155.
    """
    return output.reward


METRIC = Metric(name="reward", title="Reward", better="higher", score=score, minimum=0.1)
