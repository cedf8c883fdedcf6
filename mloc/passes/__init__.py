"""The passes between the front end and a target, and how they are run."""

from mloc.passes.pipeline import PIPELINE, NamedPass, name_of, run

__all__ = ["PIPELINE", "NamedPass", "name_of", "run"]
