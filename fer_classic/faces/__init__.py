"""From samples to the table of faces: landmarks, alignment, crops, a cache."""
