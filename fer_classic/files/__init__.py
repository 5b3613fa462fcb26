"""Files on disk: whole or not at all, with checksums, and where trained files lie."""
