RESULT = 0


def fetch(n: int) -> None:
    global RESULT
    RESULT = n * 2


def show() -> int:
    return RESULT
