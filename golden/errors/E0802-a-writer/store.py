import datetime


def publish(day: datetime.date) -> int:
    return day.year
