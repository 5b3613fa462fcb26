"""A whole run as a library call: train, predict, score, write."""

from fer_classic.pipeline.whole_run import Run, run

__all__ = ["Run", "run"]
