"""How a call's settings become the arguments of `@task`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mloc.emit.python import Bracket, Code, call, literal
from mloc.ir.model import Resources, Retry, SecretSource, Settings
from mloc.runner.secrets import variable_of

# The runner stops an attempt at its own timeout; Flyte's is there for a runner that cannot, so it allows for the runner's
# grace between SIGTERM and SIGKILL, for moving artifacts, and for pulling the image.
_GRACE_MS = 10_000
_MINUTE_MS = 60_000
_SLACK_MS = 15 * _MINUTE_MS

# Flyte accepts no more (flyteidl, literals.proto: RetryStrategy).
MAX_RETRIES = 10

_UNITS = ((1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki"))
_TIMES = ((3_600_000, "hours"), (60_000, "minutes"), (1000, "seconds"), (1, "milliseconds"))


def decorator_arguments(settings: Settings, images: Mapping[str, str], secrets: Mapping[str, SecretSource | None]) -> dict[str, Code]:
    """The keyword arguments of `@task`, in the order they are written in.

    `images` are those that a constant holds, `secrets` the places where secrets are on Flyte, by name.
    """
    found: dict[str, Code] = {}
    if settings.image is not None:
        found["container_image"] = images.get(settings.image) or literal(settings.image)
    asked = _resources(settings.resources)
    if asked:
        found["requests"] = call("Resources", keywords=asked)
        found["limits"] = call("Resources", keywords=asked)
    if settings.resources.shm is not None:
        found["shared_memory"] = literal(size(settings.resources.shm))
    if settings.resources.gpu_type is not None:
        found["accelerator"] = call("GPUAccelerator", [literal(settings.resources.gpu_type)])
    retries = system_retries(settings.retry)
    if retries:
        found["retries"] = literal(retries)
    backstop = backstop_ms(settings)
    if backstop is not None:
        found["timeout"] = duration(backstop)
    requests = [_secret(name, source) for name in dict.fromkeys(name for _, name in settings.secrets) if (source := secrets[name])]
    if requests:
        found["secret_requests"] = Bracket("[", tuple(("", request) for request in requests), "]")
    return found


def _secret(name: str, source: SecretSource) -> Code:
    """In the variable where the runner looks for it: Flyte takes none but upper-case ones, and a step's may be any."""
    arguments = dict(source.arguments)
    group = arguments["name"] if source.kind == "k8s" else arguments["group"]
    words: dict[str, Code] = {"group": literal(group), "key": literal(arguments["key"]), "env_var": literal(variable_of(name))}
    return call("Secret", keywords=words | {"mount_requirement": "Secret.MountType.ENV_VAR"})


def _resources(resources: Resources) -> dict[str, Code]:
    asked = {
        "cpu": None if resources.cpu is None else cores(resources.cpu),
        "mem": None if resources.memory is None else size(resources.memory),
        "gpu": None if resources.gpu is None else str(resources.gpu),
        "ephemeral_storage": None if resources.disk is None else size(resources.disk),
    }
    return {name: literal(text) for name, text in asked.items() if text is not None}


def system_retries(retry: Retry) -> int:
    """How often Flyte itself starts the task again: only for what kills the runner with the step (docs/decisions/0003)."""
    return min(retry.count, MAX_RETRIES) if {"oom", "preempted"} & set(retry.on) else 0


def backstop_ms(settings: Settings) -> int | None:
    """Longer than the declared attempts with their delays can take, in whole minutes; None without a timeout."""
    if settings.timeout_ms is None:
        return None
    retry = settings.retry
    longest = (retry.count + 1) * (settings.timeout_ms + _GRACE_MS) + sum(_delay(retry, k) for k in range(retry.count)) + _SLACK_MS
    return math.ceil(longest / _MINUTE_MS) * _MINUTE_MS


def _delay(retry: Retry, earlier: int) -> int:
    try:
        delay = int(retry.backoff_ms * retry.factor**earlier)
    except OverflowError:
        delay = retry.max_delay_ms or 0
    return delay if retry.max_delay_ms is None else min(delay, retry.max_delay_ms)


def cores(count: float) -> str:
    """Kubernetes' text for a number of cores: `2`, `500m`."""
    return str(int(count)) if count == int(count) else f"{round(count * 1000)}m"


def size(amount: int) -> str:
    """Kubernetes' text for a number of bytes, in the largest unit that is exact: a bare number would mean something else to flytekit."""
    for unit, suffix in _UNITS:
        if amount and amount % unit == 0:
            return f"{amount // unit}{suffix}"
    return str(amount)


def duration(milliseconds: int) -> Code:
    """A `timedelta(…)` in the largest unit that is exact."""
    for unit, name in _TIMES:
        if milliseconds % unit == 0:
            return call("timedelta", keywords={name: literal(milliseconds // unit)})
    raise AssertionError("every whole number of milliseconds has a unit")
