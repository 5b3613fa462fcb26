"""A whole run as a library call: train, predict, score, write."""
