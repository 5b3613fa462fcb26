"""Films and cameras: frames, faces followed through them, tables and pictures over time."""
