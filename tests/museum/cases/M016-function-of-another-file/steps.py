def func2(n: int) -> int:
    return 2 * func1(n)
