"""Answers as files: the contest's layout, tables of other tools, comparisons."""
