def fetch(n: int) -> int:
    return n * 2


def show(result: int) -> int:
    return result
