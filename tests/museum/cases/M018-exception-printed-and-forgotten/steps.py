import traceback


def load(key: str) -> None:
    raise ValueError(key)


def import_from_s3(key: str) -> None:
    try:
        load(key)
    except Exception:
        print(traceback.format_exc())
