import json
from pathlib import Path


def size(config: Path) -> int:
    return len(json.loads(config.read_text()))
