"""What kind of program a seed makes: how much of it may fail, and which of the rarer constructs it has."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal

Handlers = Literal["none", "plain", "full"]
"""`plain` ones ask for the run's status and parameters only, since some engines know no more in a handler."""

SECRET = "differential secret"
"""What the secret of a program is; `SECRET_NAME` is the variable that it comes from."""
SECRET_NAME = "MLOC_DIFFERENTIAL_SECRET"

_OPTIONS = ("fail fast", "max_parallel 1", "max_parallel 2", "timeout 1h", "fail drain")
_DEFAULTS = ("retry 1, backoff=1ms", "timeout 4min", 'env NOTE="all"')


@dataclass(frozen=True, slots=True)
class Profile:
    """Chances, and what there is at all.

    `fails` is the chance of a step that fails for some inputs, `risk` that of an operation that may fail,
    `tolerate` that of a fan-out that tolerates failures, `crash` that of a failure being a process that ends by itself.
    """

    fails: float
    risk: float
    crash: float
    tolerate: float
    handlers: Handlers
    options: tuple[str, ...]
    defaults: str
    asks_run: bool
    has_secret: bool
    is_large: bool


def draw(rng: Random) -> Profile:
    """A program's profile. What an engine refuses is in few of them, so that there is enough to compare."""
    tolerate = rng.choices((0.0, 0.1, 0.7), (4, 2, 3))[0]
    fails, risk = rng.choice(((0.03, 0.02), (0.03, 0.02), (0.25, 0.2), (0.6, 0.15)) if tolerate < 0.5 else ((0.0, 0.0), (0.1, 0.05)))
    return Profile(
        fails=fails,
        risk=risk,
        crash=0.05 if rng.random() < 0.2 else 0.0,
        tolerate=tolerate,
        handlers=rng.choices(("none", "plain", "full"), (13, 3, 4))[0],
        options=tuple(rng.sample(_OPTIONS[:4], rng.choice((1, 1, 2)))) if rng.random() < 0.06 else _OPTIONS[4:] * (rng.random() < 0.05),
        defaults=rng.choice(_DEFAULTS) if rng.random() < 0.06 else "",
        asks_run=rng.random() < 0.05,
        has_secret=rng.random() < 0.03,
        is_large=rng.random() < 0.08,
    )


def options(profile: Profile, rng: Random, *, is_last: bool) -> tuple[str, ...]:
    """The options of a pipeline: of one that is called none but how its loops end."""
    chosen = list(profile.options) if is_last else []
    if "max_parallel 1" in chosen and "max_parallel 2" in chosen:
        chosen.remove("max_parallel 1")
    return (*chosen, *(["converge required"] if rng.random() < 0.1 else []))
