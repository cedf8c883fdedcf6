"""What Kubeflow will not take of a pipeline is said before it is submitted, and of what it takes nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_
from tests.kfp.emitted import PRELUDE


def found(source: str, folder: Path, target: str = "kfp") -> list[str]:
    path = folder / "program.mlp"
    path.write_text(PRELUDE + source, encoding="utf-8")
    analysis = analyse(str(path))
    return [d.rule.code for d in compile_(analysis, analysis.pipelines[-1], target).diagnostics]


def chain(count: int, text: str = "a") -> str:
    """A pipeline of so many steps, one after the other, each with this text."""
    calls = "".join(f'    s{at} = echo(text=f"{{s{at - 1}}}{text}{at}")\n' for at in range(1, count))
    return f'pipeline p() -> (t: str):\n    s0 = echo(text="")\n{calls}    return t=s{count - 1}\n'


@pytest.mark.parametrize(("count", "expected"), [(80, []), (81, ["W1106"])])
def test_steps_side_by_side(count: int, expected: list[str], tmp_path: Path) -> None:
    assert found(chain(count), tmp_path) == expected


@pytest.mark.parametrize(("count", "expected"), [(99, []), (100, ["E1108"])])
def test_nodes_on_flyte(count: int, expected: list[str], tmp_path: Path) -> None:
    assert found(chain(count), tmp_path, "flyte") == expected


@pytest.mark.parametrize(("length", "expected"), [(10_000 - len('{"t": ""}'), []), (10_001 - len('{"t": ""}'), ["E1105"])])
def test_bytes_of_parameters(length: int, expected: list[str], tmp_path: Path) -> None:
    source = f'pipeline p(t: str = "{"x" * length}") -> (t: str):\n    r = echo(text=t)\n    return t=r\n'
    assert found(source, tmp_path) == expected


def wide(count: int) -> str:
    """A pipeline of so many steps, each with many values from the one before."""
    ports = range(120)
    given = ", ".join(f'"o{at}": i{at}' for at in ports)
    names, outputs = ", ".join(f"i{at}: int" for at in ports), ", ".join(f"o{at}: int" for at in ports)
    calls = "    s0 = wide(" + ", ".join(f"i{at}=1" for at in ports) + ")\n"
    for number in range(1, count):
        calls += f"    s{number} = wide(" + ", ".join(f"i{at}=s{number - 1}.o{at}" for at in ports) + ")\n"
    step = f"step wide({names}) -> ({outputs}):\n    run inline 'return {{{given}}}'\n\n"
    return f"{step}pipeline p() -> (r: int):\n{calls}    return r=s{count - 1}.o0\n"


@pytest.mark.parametrize(("count", "expected"), [(20, []), (75, ["E1108"])])
def test_an_object_that_is_not_stored(count: int, expected: list[str], tmp_path: Path) -> None:
    assert found(wide(count), tmp_path) == expected


@pytest.mark.parametrize(("count", "expected"), [(1500, []), (5000, ["E1108"])])
def test_code_that_is_longer_than_an_argument(count: int, expected: list[str], tmp_path: Path) -> None:
    # What packing makes no shorter.
    data = "\n".join(f"        # {hashlib.sha256(str(at).encode()).hexdigest()}" for at in range(count // 2))
    source = f'step s(x: int) -> int:\n    run inline """\n{data}\n        return x\n        """\n\n'
    assert found(f"{source}pipeline p() -> (r: int):\n    r = s(x=1)\n    return r=r\n", tmp_path) == expected


def test_names_that_are_cut(tmp_path: Path) -> None:
    long = "a_name_that_is_longer_than_kubeflow_has_room_for_in_a_label"
    assert found(f"pipeline p() -> (r: int):\n    {long} = same(x=1)\n    return r={long}\n", tmp_path) == ["W1103"]
    assert found("pipeline a_name_of_26_characters_12() -> (r: int):\n    r = same(x=1)\n    return r=r\n", tmp_path) == ["W1103"]
    assert found("pipeline a_name_of_25_characters_1() -> (r: int):\n    r = same(x=1)\n    return r=r\n", tmp_path) == []
