"""What a run gives to take away: one kind per file in kinds/, made by make.py, loaded afresh and asked by verify.py."""
