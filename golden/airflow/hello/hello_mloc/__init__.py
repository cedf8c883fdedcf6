"""What the DAG `hello` runs; written by mloc 0.1.0."""
