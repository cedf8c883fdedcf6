def speeds(start_date: str) -> int:
    return start_date.year
