from collections.abc import Iterator


def numbers(n: int) -> Iterator[int]:
    for i in range(n):
        yield i
