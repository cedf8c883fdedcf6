def double(x: Number) -> int:
    return 2 * x
