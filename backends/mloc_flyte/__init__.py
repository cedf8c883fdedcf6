"""The Flyte backend: emits flytekit 1.16 modules."""

from mloc_flyte.backend import FlyteBackend

__all__ = ["backend"]

backend = FlyteBackend()
