"""What `make bench` runs: our side and the peers' on the same work, in turns, printed as ratios."""
