import requests


def ask(url: str) -> bool:
    answer = requests.get(url)
    answer.raise_for_status()
    return bool(answer.json()["ready"])
