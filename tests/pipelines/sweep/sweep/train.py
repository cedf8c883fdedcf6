"""One trial."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple, TypedDict

import torch


class Trial(TypedDict):
    lr: float
    dropout: float
    optimizer: Literal["adam", "sgd", "adamw"]


class Metrics(TypedDict):
    loss: float
    acc: float


class Fitted(NamedTuple):
    model: torch.nn.Module
    val: Metrics


def fit(data: list[Path], trial: Trial, epochs: int = 10) -> Fitted:
    """A small network that guesses the next number from the one before."""
    numbers = [number for folder in data for number in json.loads((folder / "numbers.json").read_text()) if number >= 0]
    size = max(numbers) + 1
    model = torch.nn.Sequential(torch.nn.Embedding(size, 16), torch.nn.Dropout(trial["dropout"]), torch.nn.Linear(16, size))
    kinds = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD, "adamw": torch.optim.AdamW}
    optimizer = kinds[trial["optimizer"]](model.parameters(), lr=trial["lr"])
    given, wanted = torch.tensor(numbers[:-1]), torch.tensor(numbers[1:])
    for _ in range(epochs):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(given), wanted).backward()
        optimizer.step()
    model.eval()
    guesses = model(given)
    loss = float(torch.nn.functional.cross_entropy(guesses, wanted))
    return Fitted(model, Metrics(loss=loss, acc=float((guesses.argmax(1) == wanted).float().mean())))
