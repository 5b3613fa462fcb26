"""Detectors judged and trained: annotations, scores, training."""
