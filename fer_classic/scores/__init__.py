"""What a score is: metrics, folds, intervals, paired differences."""
