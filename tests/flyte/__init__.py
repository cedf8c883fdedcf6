"""Tests of the Flyte backend; those that need flytekit are skipped where it is not installed."""
