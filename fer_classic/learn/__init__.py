"""What learns: balancing, trees, kernel experts, a small network."""
