import os


def show() -> int:
    return len(os.environ["WAREHOUSE_TOKEN"])
