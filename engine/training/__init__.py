"""The training step and what makes it safe to kill: batches, loss, loop, checkpoints, forecast."""
