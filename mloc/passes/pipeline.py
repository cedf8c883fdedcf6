"""The list of passes that every pipeline goes through, and the loop that runs and checks them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mloc.backend import Pass
from mloc.diagnostics.model import Bag
from mloc.frozen import dataclass
from mloc.ir.model import Pipeline
from mloc.ir.verify import BrokenIR, verify
from mloc.passes.fold import fold


@dataclass(frozen=True, slots=True)
class NamedPass:
    """A pass with the name that dumps and messages know it by; called, it is a `Pass` like any other."""

    name: str
    apply: Pass

    def __call__(self, pipeline: Pipeline, bag: Bag) -> Pipeline:
        return self.apply(pipeline, bag)


PIPELINE: tuple[NamedPass, ...] = (NamedPass("fold", fold),)


def name_of(pass_: Pass) -> str:
    """The name of a pass: a backend's may be a plain function."""
    return pass_.name if isinstance(pass_, NamedPass) else str(getattr(pass_, "__name__", type(pass_).__name__))


def run(
    pipeline: Pipeline,
    bag: Bag,
    passes: Sequence[Pass],
    dump_after: str | None = None,
    write: Callable[[str], object] | None = None,
) -> Pipeline:
    """The pipeline after all the passes, in order; `write` gets the printed IR after the pass named `dump_after`.

    Raises BrokenIR, saying after which pass, when the IR is not well formed, at the start or after one that changed it.
    """
    _check(pipeline, "as elaborated")
    for pass_ in passes:
        name, before = name_of(pass_), pipeline
        pipeline = pass_(pipeline, bag)
        if pipeline is not before:
            _check(pipeline, f"after the pass `{name}`")
        if write is not None and name == dump_after:
            from mloc.ir.text import show  # only a dump pays for it

            write(show(pipeline))
    return pipeline


def _check(pipeline: Pipeline, when: str) -> None:
    try:
        verify(pipeline)
    except BrokenIR as error:
        raise BrokenIR(f"{when}: {error}") from None
