"""Running passes: the IR is verified after each, and printed on demand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mloc.diagnostics.model import Bag
from mloc.ir.model import Pipeline, Region
from mloc.ir.text import show
from mloc.ir.verify import BrokenIR
from mloc.passes import PIPELINE, NamedPass, name_of, run
from tests.elaborate.programs import body, pipeline

PROGRAM = pipeline(body("a = number(x=1 + 2)", "b = number(x=a)"))


def forget(found: Pipeline, bag: Bag) -> Pipeline:
    """A pass with a mistake: it drops the first node."""
    return replace(found, region=Region(found.region.nodes[1:]))


def test_the_passes_have_names_of_their_own() -> None:
    names = [name_of(pass_) for pass_ in PIPELINE]
    assert names == ["fold"]
    assert name_of(forget) == "forget"


def test_the_ir_after_a_pass_is_written_on_demand() -> None:
    written: list[str] = []
    after = run(PROGRAM, Bag(), PIPELINE, dump_after="fold", write=written.append)
    assert written == [show(after)]
    assert "%a = call number(x = 3)" in written[0]
    run(PROGRAM, Bag(), PIPELINE, dump_after="other", write=written.append)
    assert len(written) == 1


def test_a_pass_that_breaks_the_ir_is_named() -> None:
    passes = (*PIPELINE, NamedPass("shorten", forget))
    with pytest.raises(BrokenIR, match=r"after the pass `shorten`: node `b`: `a\.result` is not in sight"):
        run(PROGRAM, Bag(), passes)


def test_a_broken_ir_is_found_before_the_first_pass() -> None:
    with pytest.raises(BrokenIR, match="as elaborated: node `b`"):
        run(forget(PROGRAM, Bag()), Bag(), ())


def test_running_twice_is_running_once() -> None:
    once = run(PROGRAM, Bag(), PIPELINE)
    assert once is not PROGRAM
    assert run(once, Bag(), PIPELINE) is once
