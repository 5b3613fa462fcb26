"""Ablations: a plan of runs, and their table."""
