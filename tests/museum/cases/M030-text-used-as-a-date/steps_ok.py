import datetime


def speeds(start_date: datetime.date) -> int:
    return start_date.year
