"""The settings of `[tool.mloc]`, each with its value for a project that says nothing."""

from __future__ import annotations

from mloc.diagnostics.select import EVERYTHING, Policy
from mloc.frozen import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a step may ask for: cores, bytes, devices; None where the project sets no limit.

    `require` names the resources that every step must ask for.
    """

    cpu: float | None = None
    memory: int | None = None
    disk: int | None = None
    gpu: int | None = None
    require: tuple[str, ...] = ()

    def of(self, resource: str) -> float | None:
        """The limit on a resource by its name in the language; None for one that cannot be limited."""
        return {"cpu": self.cpu, "memory": self.memory, "disk": self.disk, "gpu": self.gpu}.get(resource)


@dataclass(frozen=True, slots=True)
class Config:
    """`src` and `baseline` are paths relative to the project's folder; `targets` are what every program must compile for.

    `image` is that of steps that name none, `images` the same for single targets.
    """

    src: tuple[str, ...] = (".",)
    policy: Policy = EVERYTHING
    targets: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    baseline: str | None = None
    image: str | None = None
    images: tuple[tuple[str, str], ...] = ()

    def image_on(self, target: str) -> str | None:
        """The image that steps have on a target when the program names none."""
        return dict(self.images).get(target, self.image)


class ConfigError(Exception):
    """A project file that cannot be used; the message is for the user and names the file, and the line where there is one."""
