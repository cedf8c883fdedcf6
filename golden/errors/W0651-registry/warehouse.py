import datetime
import os


def fetch(day: datetime.date) -> int:
    host = os.environ["WAREHOUSE_HOST"]
    return len(f"{host}/{day}")
