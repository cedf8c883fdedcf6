import importlib


def load(kind: str) -> int:
    return int(importlib.import_module(f"loaders_{kind}").load())
