"""The best of the trials."""

from __future__ import annotations

from typing import NamedTuple

import torch

from sweep.train import Trial


class Best(NamedTuple):
    model: torch.nn.Module
    trial: Trial
    loss: float


def best_of(models: list[torch.nn.Module], losses: list[float], trials: list[Trial]) -> Best:
    """The model with the least loss."""
    place = min(range(len(losses)), key=losses.__getitem__)
    return Best(models[place], trials[place], losses[place])
