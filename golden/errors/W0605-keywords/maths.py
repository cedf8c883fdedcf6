def double(**numbers: int) -> int:
    return 2 * numbers["x"]
