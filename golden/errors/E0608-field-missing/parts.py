from typing import NamedTuple


class Parts(NamedTuple):
    train: int
    rest: int


def split(rows: int) -> Parts:
    return Parts(rows, 0)
