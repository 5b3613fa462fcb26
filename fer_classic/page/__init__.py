"""A local page to look at photographs and runs, and to mend labels."""
