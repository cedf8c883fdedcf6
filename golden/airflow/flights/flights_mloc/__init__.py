"""What the DAG `flights` runs; written by mloc 0.1.0."""
