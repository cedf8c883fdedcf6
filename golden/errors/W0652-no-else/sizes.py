def size(rows: int) -> str:
    if rows > 1000:
        return "large"
    elif rows > 0:
        return "small"
