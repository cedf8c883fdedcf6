import requests


def ask(url: str) -> bool:
    answer = requests.get(url, timeout=30)
    answer.raise_for_status()
    return bool(answer.json()["ready"])
