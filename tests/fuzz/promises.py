"""Random lines around steps and pipelines, mostly right: secrets and their sources, schedules, triggers, target blocks, attributes."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from tests.fuzz.expressions import Tokens

SECRETS = ["token", "hub", "dsn"]
_SOURCES = [
    'k8s("hub", key="token")',
    'env("HUB_TOKEN")',
    'file("/run/secrets/hub")',
    'airflow("hub", field="password")',
    'airflow("conn")',
    'flyte("hub", key="token")',
    'k8s("Hub")',
    'env("1X")',
    'file("a")',
    'vault("x")',
    'k8s(key="a")',
    "token",
    '"x"',
    'env(f"{token}")',
    "k8s",
]
_ATTRIBUTES = [
    'image "a/b:1.2"',
    'image "python:latest"',
    'image "a@sha256:' + "1" * 64 + '"',
    'image ""',
    "resources cpu=1, memory=2GiB",
    "resources gpu=1",
    'resources gpu=1, gpu_type="nvidia-l4", disk=10GiB',
    "resources cpu=0",
    "resources memory=64",
    "resources cpu=0.5, memory=500MB",
    "timeout 10min",
    "timeout 0s",
    "timeout 40d",
    "retry 2, backoff=1s",
    "retry 3, backoff=30s, factor=2",
    "retry 99999999999",
    "retry -1",
    "retry",
    "cache",
    "cache false",
    'cache version="1"',
    'cache version="5", ttl=14d, scope=project',
    'cache ignore=["n"]',
    "cache ttl=0s",
    "effects none",
    "effects reads",
    "effects reads, writes",
    "effects random",
    "effects odd",
    "effects",
    "idempotent",
    "idempotent false",
    "secrets TOKEN=token",
    "secrets TOKEN=token, DSN=dsn",
    "secrets token",
    "secrets PATH=token",
    "secrets TOKEN=tokn",
    'env A="1", B=2',
    "env A=token",
    'env lower="x"',
    'publish asset("ios/daily")',
    'publish asset("a"), value=asset("b")',
    "publish asset()",
    'publish asset("a b")',
    'publish value="x"',
    "publish",
    "max_parallel 4",
    "fail fast",
    'queue "x"',
]
_OPTIONS = [
    "timeout 1h",
    "max_parallel 4",
    "fail fast",
    "fail never",
    "converge required",
    "converge",
    "retry 3",
    "timeot 1h",
    "max_parallel 0",
    "cache",
]
_SCHEDULE = [
    'cron "0 5 * * *", timezone="Europe/Paris"',
    'cron "0 2 * * *", timezone="Europe/Berlin"',
    'cron "0 25 * * *"',
    'cron "*/15 * * * *", timezone="UTC"',
    'cron "@daily"',
    'cron "0 0 31 2 *"',
    'cron "0 0 1 * mon"',
    'cron ""',
    "cron 5",
    'cron "0 5 * * 5-1"',
    'cron "* * * * * *"',
    'cron "0 3 1,15 jan-mar/2 *"',
    'cron "0 3 * * *", timezone="Mars/Base"',
    'cron "0 3 * * *", timezone=""',
    'cron "0 3 * * *", timezone="../UTC"',
    "catchup true",
    "catchup false",
    "overlap skip",
    "overlap queue",
    "overlap allow",
    "overlap maybe",
    'start date("2026-01-31")',
    'end date("2025-01-31")',
    'start "2026-01-31"',
    "start run.today",
    'end datetime("2026-12-31T00:00:00Z")',
    'start date("2026-02-30")',
    "args day=run.scheduled_date",
    "args n=1, x=run.now",
    "args n=-1",
    "args",
    'args a="x", b=[1, 2]',
    "args id=run.id",
    'schedule_interval "@daily"',
    "start_date 1",
]
_TRIGGER = [
    'on_asset "ios/daily"',
    'on_asset "a"',
    'on_asset ""',
    "on_asset 3",
    "overlap skip",
    "args n=1",
    "args day=run.scheduled_date",
    'dataset "a"',
    "on_asset",
]
_BROKEN = [
    'version "9.9"',
    'version "99999999999999.1"',
    'version "2.0.0.0"',
    "version 3",
    "raw {}",
    "step_ 1",
    "pool",
    "labels {a: 1}",
    "tolerations [1]",
    "node_selector x",
    'dag_id "a b"',
    'tags [""]',
]
TARGETS = ["kfp", "airflow", "flyte"]
_ROOT = Path(__file__).parents[2]


@cache
def said(target: str) -> tuple[str, ...]:
    """An example of each attribute of a target, from its own table."""
    table = json.loads((_ROOT / f"backends/mloc_{target}/attributes.schema.json").read_text(encoding="utf-8"))
    return tuple(each["x-example"] for each in table["properties"].values() if "x-example" in each)


def attribute(rng: Random) -> Tokens:
    """One attribute of a step, as a token of one line."""
    return [rng.choice(_ATTRIBUTES)]


def option(rng: Random) -> Tokens:
    return [rng.choice(_OPTIONS)]


def secret(rng: Random) -> Tokens:
    return ["secret", rng.choice(SECRETS), "from", rng.choice(_SOURCES[:6] if rng.random() < 0.7 else _SOURCES)]


def schedule(rng: Random) -> list[Tokens]:
    """The lines of a schedule's block: a time, most often a right one, and what else may stand there."""
    first = rng.choice(_SCHEDULE[:4] if rng.random() < 0.6 else _SCHEDULE)
    return [[first], *([rng.choice(_SCHEDULE)] for _ in range(rng.choice([0, 0, 1, 2])))]


def trigger(rng: Random) -> list[Tokens]:
    return [[rng.choice(_TRIGGER[:2] if rng.random() < 0.6 else _TRIGGER)], *([rng.choice(_TRIGGER)] for _ in range(rng.choice([0, 0, 1])))]


def target_lines(rng: Random, target: str) -> list[Tokens]:
    """Lines of a target block: its own attributes, those of another, wrong ones, sources of secrets."""
    makers: list[Callable[[], Tokens]] = [
        lambda: [rng.choice(said(target))],
        lambda: [rng.choice(said(target))],
        lambda: [rng.choice(said(rng.choice(TARGETS)))],
        lambda: [rng.choice(_BROKEN)],
        lambda: secret(rng),
        lambda: attribute(rng),
    ]
    return [rng.choice(makers)() for _ in range(rng.choice([1, 1, 2, 3]))]
