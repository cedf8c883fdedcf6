"""The Python steps of the conformance programs."""
