"""What a project says about mloc in its `pyproject.toml`."""
