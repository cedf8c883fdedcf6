from pathlib import Path

ROWS: list[str] = []


def load(path: Path) -> None:
    ROWS.extend(path.read_text().splitlines())


def count() -> int:
    return len(ROWS)
