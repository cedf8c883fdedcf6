"""Random well-typed programs, run natively and on every engine: all must report the same."""
