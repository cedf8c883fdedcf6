"""The printed form of the IR: what it looks like, and that it is read back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from mloc.ir.model import Call, Pipeline, Region
from mloc.ir.text import BadText, parse, show
from tests.elaborate.programs import body, pipeline
from tests.ir.generate import pipelines

MINIMAL = 'pipeline p from "p.mlp" sha256 ""\n\n'


@given(pipelines())
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
def test_every_pipeline_is_read_back(found: Pipeline) -> None:
    text = show(found)
    again = parse(text)
    assert again == found
    assert show(again) == text


def test_a_call_is_one_line() -> None:
    found = pipeline(body("m = many(n=n) with retry(2), timeout(1min)", "t = text(s=m.label) after m"))
    assert show(found).split("\n\n")[-1] == (
        "%m = call many(n = $n) retry=2 timeout=60000\n"  #
        "%t = call text(s = %m.label) after %m\n"
    )


def test_long_settings_are_said_once() -> None:
    settings_ = 'resources(cpu=2, memory=4GiB), image("registry.example.com/step:1"), env(A="x")'
    lines = show(pipeline(body(f"a = number(x=1) with {settings_}", f"b = number(x=a) with {settings_}"))).splitlines()
    assert 'settings #1 = cpu=2.0 memory=4294967296 image="registry.example.com/step:1" env.A="x"' in lines
    assert "%b = call number(x = %a.result) #1" in lines


def test_an_ir_that_is_not_well_formed_is_printed_too() -> None:
    found = pipeline(body("a = number(x=n)"))
    call = found.region.nodes[0]
    assert isinstance(call, Call)
    broken = Pipeline("p", (), (), Region((Call("%", "nobody", call.args, ("x",), call.settings),)), (), "", "")
    assert "%% = call nobody(x = $n:int) after %x" in show(broken)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected `pipeline`"),
        ("pipeline p\n", "line 1: expected `from`, found the end"),
        (MINIMAL + "%a = walk s()\n", "line 3: expected `for`, found 'walk'"),
        (MINIMAL + "%a = call s(x = )\n", "line 3: expected a JSON value, found ')'"),
        (MINIMAL + "%a = call s() #7\n", "line 3: there are no settings `#7` above"),
        (MINIMAL + "%a = call s() retries=2\n", "line 3: there is no setting `retries`"),
        (MINIMAL + "result r: !T = 1\n", "line 3: there is no type `!T` above"),
        (MINIMAL + "result r: text = 1\n", "line 3: there is no type `text`"),
        (MINIMAL + "result r: int = 1 2\n", "line 3: expected the end of the line, found '2'"),
        (MINIMAL + "result r: int = 1\nstep s() -> () inline\n", "line 4: expected a node, or the end, found 'step'"),
    ],
)
def test_a_text_that_is_none_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(BadText) as caught:
        parse(text)
    assert str(caught.value) == message
