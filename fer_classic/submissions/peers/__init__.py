"""Other packages and this one asked about the same photographs."""
