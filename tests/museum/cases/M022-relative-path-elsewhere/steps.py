import json


def size() -> int:
    with open("config.json") as file:
        return len(json.load(file))
