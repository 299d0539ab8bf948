"""A language model as judge of a run's two answers: both orders, failures kept apart, trusted only by the user's votes.

Not to be taken for `compare.judge`, which is statistics, nor for a method's reward model. Nothing here changes a
verdict.
"""
