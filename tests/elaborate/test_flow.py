"""Bodies: ids, branches and their merged names, fan-outs, ordering."""

from __future__ import annotations

import pytest

from mloc.ir.model import Branch, FanOut
from mloc.ir.walk import nodes
from mloc.types.show import show
from tests.elaborate.programs import body, check, codes, pipeline


def ids(text: str) -> list[str]:
    return [node.id for node in nodes(pipeline(text).region)]


def test_ids_of_calls_and_regions() -> None:
    assert ids(
        body(
            "a = number(x=n)",
            'say(s=f"{a}")',
            'say(s="again")',
            "made = many(n=a)",
            "ys = for x in made.xs:",
            "    y = number(x=x)",
            "    for z in made.xs:",
            '        say(s=f"{z}")',
            "    yield y",
            "for x in ys:",
            "    number(x=x)",
        )
    ) == ["a", "say", "say#2", "made", "ys", "ys[].y", "ys[].for#1", "ys[].for#1[].say", "for#1", "for#1[].number"]


def test_branches_add_their_label_only_where_a_name_is_bound_twice() -> None:
    assert ids(
        body(
            "if n > 1:",
            "    a = number(x=n)",
            "    only = number(x=n)",
            "elif n > 0:",
            "    a = number(x=2)",
            "else:",
            "    if n < -1:",
            "        a = number(x=3)",
            "    else:",
            "        a = number(x=4)",
        )
    ) == ["if#1", "then.a", "only", "elif1.a", "if#2", "else.then.a", "else.else.a"]


def test_a_name_of_every_arm_joins_and_of_some_is_optional() -> None:
    found = pipeline(body("if n > 1:", "    a = 1", '    b = "x"', "else:", "    a = 2.5", "c = a * 2.0"))
    branch = found.region.nodes[0]
    assert isinstance(branch, Branch)
    assert {m.name: show(m.type) for m in branch.merged} == {"a": "float", "b": "str?"}


def test_outputs_of_calls_merge_by_name() -> None:
    found = pipeline(body("if n > 1:", "    a = many(n=1)", "else:", "    a = many(n=2)", "say(s=a.label)"))
    branch = found.region.nodes[0]
    assert isinstance(branch, Branch)
    assert [m.name for m in branch.merged] == ["a_xs", "a_label"]


def test_an_exhaustive_chain_over_an_enum_needs_no_else() -> None:
    text = """mlp 1

enum Mode: fast, slow

pipeline p(mode: Mode) -> int:
    if mode == Mode.fast:
        r = 1
    elif mode == Mode.slow:
        r = 2
    return r
"""
    branch = pipeline(text).region.nodes[0]
    assert isinstance(branch, Branch)
    assert len(branch.arms) == 2
    assert codes(text.replace("slow:\n        r", "fast:\n        r")) == ["E0206"]


def test_narrowing() -> None:
    optional = "(n: int? = null)"
    assert codes(body("a = number(x=n)", signature=optional)) == ["E0206"]
    assert codes(body("if n != null:", "    a = number(x=n)", signature=optional)) == []
    assert codes(body("if n == null:", "    a = number(x=1)", "else:", "    a = number(x=n)", signature=optional)) == []
    assert codes(body("if n != null and n > 1:", "    a = number(x=n)", signature=optional)) == []
    assert codes(body("if n != null or true:", "    a = number(x=n)", signature=optional)) == ["E0206"]
    assert codes(body("a = number(x=n if n != null else 0)", signature=optional)) == []
    assert codes(body("a = number(x=n ?? 0)", signature=optional)) == []


def test_fan_out_types_and_yield() -> None:
    found = pipeline(body("ys = for x in [1, 2] limit 3:", "    y = number(x=x)", "    yield {y: y, x: x}", "z = number(x=ys[0].y)"))
    fan_out = found.region.nodes[0]
    assert isinstance(fan_out, FanOut)
    assert fan_out.limit == 3
    assert fan_out.result is not None
    assert show(fan_out.result.type) == "{y: int, x: int}"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["for x in n:", "    number(x=1)"], "E0501"),
        (["if n:", "    number(x=1)"], "E0502"),
        (["ys = for x in [1]:", "    number(x=x)", "a = number(x=ys)"], "E0219"),
        (["for x in [1]:", "    yield x"], "E0503"),
        (["yield n"], "E0503"),
        (["ys = for x in [1] limit 0:", "    yield x"], "E0514"),
        (["a = number(x=n)", "a = number(x=n)"], "E0302"),
        (["a = number(x=n)", "if n > 1:", "    a = number(x=n)"], "E0302"),
        (["a = number()"], "E0301"),
        (["a = number(y=1, x=1)"], "E0303"),
        (["a = number(1)"], "E0305"),
        (["a = number(x=1, x=2)"], "E0306"),
        (["a = number(x=number(x=1))"], "E0307"),
        (['a = number(x="1")'], "E0201"),
        (["a = numbr(x=1)"], "E0101"),
        (["a = number(x=m)"], "E0101"),
        (["a = many(n=1)", "b = number(x=a.ys)"], "E0215"),
        (["a = many(n=1)", "b = number(x=a)"], "E0216"),
        (["n + 1"], "E0317"),
        (["a = number(x=1) after n"], "E0316"),
        (["if n > 0:", "    a = 1", "else:", '    a = "x"'], "E0513"),
        (['a = number(x=1 + "x")'], "E0217"),
        (['if n == "x":', "    number(x=1)"], "E0207"),
        (["if [1] == [2]:", "    number(x=1)"], "E0208"),
        (["return n"], "E0310"),
        (["if n > 0:", "    return n"], "E0312"),
        (["a = number(x=9223372036854775808)"], "E0006"),
        (["a = number(x=1) with timeout(5)"], "E0210"),
        (["a = number(x=1) with resources(gpus=1)"], "E0702"),
        (["a = number(x=1) with resources(gpu=n)"], "E0218"),
        (["s = loop x = 1 max 3:", "    y = number(x=x)"], "E0504"),
        (["s = loop x = 1 max n:", "    y = number(x=x)", "    next y until y > 1"], "E0507"),
        (["s = loop x = 1 max 0:", "    y = number(x=x)", "    next y until y > 1"], "E0507"),
        (["s = loop x = 1 max 2:", '    y = text(s="a")', "    next y until true"], "E0201"),
    ],
)
def test_mistakes_give_one_error(lines: list[str], code: str) -> None:
    assert codes(body(*lines)) == [code]


@pytest.mark.parametrize("line", ["if [] == []:", "if [] < []:", 'if f"{[]}" == "a":'])
def test_an_empty_list_is_called_so(line: str) -> None:
    (found,) = (d for d in check(body(line, "    number(x=1)"))[1] if d.rule.code == "E0208")
    assert "an empty list" in found.message


def test_one_root_cause_is_one_error() -> None:
    _, found = check(body("a = nothing(x=1)", "b = number(x=a)", "c = number(x=b + a)"))
    assert [d.rule.code for d in found] == ["E0101"]


def test_imports_and_their_mistakes() -> None:
    head = 'mlp 1\n\nfrom "lib.mlp" import twice, LIMIT\nimport "lib.mlp" as lib\n\n'
    main = head + "pipeline p() -> int:\n    a = twice(x=LIMIT)\n    b = lib.twice(x=a)\n    return b\n"
    lib = 'mlp 1\n\nconst LIMIT = 4\n\nstep twice(x: int) -> int:\n    run inline "return 2 * x"\n'
    assert codes(main, lib=lib) == []
    assert codes(main) == ["E0103", "E0103"]
    assert codes(main, lib=lib + '\nfrom "test.mlp" import p\n') == ["E0104"]
    assert codes(main.replace("LIMIT\n", "LIMITS\n", 1), lib=lib)[:1] == ["E0103"]


def test_a_called_pipeline_is_one_node_with_dotted_ids() -> None:
    inner = "pipeline twice(x: int, by: int = 2) -> (y: int):\n    a = number(x=x)\n    return y=a * by\n\n"
    text = body("t = twice(x=n)", "b = number(x=t.y)").replace("pipeline p", inner + "pipeline p")
    pipelines, diagnostics = check(text)
    assert diagnostics == ()
    assert [node.id for node in nodes(pipelines[1].region)] == ["t", "t.a", "b"]
    assert codes(text.replace("number(x=x)", "number(x=m)")) == ["E0101"]
    assert codes(text.replace("twice(x=n)", "twice(y=n)")) == ["E0303"]
    assert codes(text.replace("a = number(x=x)", "a = twice(x=x)").replace("a * by", "a.y")) == ["E0304"]


@pytest.mark.parametrize(
    "value",
    [
        "[[] for y in xs]",
        "[[] if y > 1 else [] for y in xs]",
        "[[y] for y in xs if y > 1] if n > 1 else [[] for y in xs]",
    ],
)
def test_an_empty_list_in_a_projection_is_of_the_type_that_is_wanted(value: str) -> None:
    signature = "(n: int, xs: list[int]) -> list[list[int]]"
    assert codes(body(f"return {value}", signature=signature)) == []


def test_an_empty_list_in_a_projection_where_no_type_is_wanted() -> None:
    assert "E0220" in codes(body("a = [[] for y in xs]", "return n=n", signature="(n: int, xs: list[int]) -> (n: int)"))
