"""Work shared among processes, and among the machines of a Dask cluster."""
