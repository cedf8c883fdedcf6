def func1(n: int) -> int:
    return n + 1


def func2(n: int) -> int:
    return 2 * func1(n)
