"""A synthetic demonstration set, and the check of an installation."""
