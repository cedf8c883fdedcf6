def count(file: str) -> int:
    with open(file) as lines:
        return sum(1 for _ in lines)
