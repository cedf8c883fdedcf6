"""The Python code behind steps: what is told of it, and what is left alone."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from mloc.driver import analyse

OURS = frozenset("E0608 W0651 W0652 E0653 W0657 W0659".split())


def found(folder: Path, code: str, signature: str = "(n: int) -> (x: int)", *attributes: str) -> list[str]:
    """The codes found for a step whose function `f` stands in a module of this text."""
    (folder / "steps.py").write_text(code, encoding="utf-8")
    more = "".join(f"    {attribute}\n" for attribute in attributes)
    program = f'mlp 1\n\nsecret key from env("KEY")\n\nstep f{signature}:\n    run python "steps:f"\n{more}'
    (folder / "test.mlp").write_text(program, encoding="utf-8")
    return [d.rule.code for d in analyse(str(folder / "test.mlp")).diagnostics if d.rule.code in OURS]


def inline(folder: Path, code: str, signature: str = "(n: int) -> (x: int)", *attributes: str) -> list[str]:
    more = "".join(f"    {attribute}\n" for attribute in attributes)
    program = f'mlp 1\n\nstep f{signature}:\n    run inline """\n{indent(code, " " * 8)}\n        """\n{more}'
    (folder / "test.mlp").write_text(program, encoding="utf-8")
    return [d.rule.code for d in analyse(str(folder / "test.mlp")).diagnostics if d.rule.code in OURS]


@pytest.mark.parametrize(
    ("body", "attributes", "expected"),
    [
        ('return len(os.environ["KEY"])', (), ["W0651"]),
        ('return len(os.getenv("KEY"))', (), ["W0651"]),
        ('return len(os.environ.get("KEY"))', (), ["W0651"]),
        ('return len(os.environ["KEY"])', ('env KEY="a"',), []),
        ('return len(os.environ["KEY"])', ("secrets KEY=key",), []),
        ('return len(os.environ["KYE"])', ('env KEY="a"',), ["W0651"]),
        ('return len(os.environ["HOME"])', (), []),
        ('return len(os.getenv("KEY", "none"))', (), []),
        ('return len(os.getenv("KEY") or "none")', (), []),
        ('return len(os.environ["KEY"]) if "KEY" in os.environ else n', (), []),
        ('if os.getenv("KEY"):\n        return 1\n    return n', (), []),
        ('os.environ["KEY"] = "a"\n    return len(os.environ["KEY"])', (), []),
        ('os.environ.setdefault("KEY", "a")\n    return len(os.environ["KEY"])', (), []),
        ('try:\n        return len(os.environ["KEY"])\n    except KeyError:\n        return n', (), []),
        ("return len(os.environ[str(n)])", (), []),
    ],
)
def test_variables_of_the_environment(body: str, attributes: tuple[str, ...], expected: list[str], tmp_path: Path) -> None:
    assert found(tmp_path, f"import os\n\n\ndef f(n: int) -> int:\n    {body}\n", "(n: int) -> (x: int)", *attributes) == expected


def test_a_function_that_the_step_names_needs_a_variable(tmp_path: Path) -> None:
    code = 'from os import environ\n\n\ndef host() -> str:\n    return environ["HOST"]\n\n\ndef f(n: int) -> int:\n    return len(host())\n'
    assert found(tmp_path, code) == ["W0651"]
    assert found(tmp_path, code.replace("len(host())", "n")) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if n:\n        return 1", ["W0652"]),
        ("if n:\n        return 1\n    return None", ["W0652"]),
        ("if n:\n        return 1\n    return", ["W0652"]),
        ("if n:\n        return 1\n    return 2", []),
        ("if n:\n        return 1\n    raise ValueError(n)", []),
        ("while True:\n        if n:\n            return 1", []),
        ("try:\n        return int(n)\n    except Exception:\n        pass", ["W0659"]),
        ("try:\n        return int(n)\n    except ValueError as error:\n        print(error)\n        return None", ["W0659"]),
        ("try:\n        return int(n)\n    except Exception:\n        raise RuntimeError(n)", []),
        ("try:\n        return int(n)\n    except Exception:\n        return 0", []),
        ("print(n)", ["E0608"]),
        ("raise NotImplementedError", []),
        ("...", []),
        ('return "one"', ["E0608"]),
        ('return f"{n}"', ["E0608"]),
        ("return [n]", ["E0608"]),
        ("return n, n", ["E0608"]),
        ('return {"x": n}', ["E0608"]),
        ("return str(n)", ["E0608"]),
        ("return 0.5", ["E0608"]),
        ("return 1.0", []),
        ("return True", []),
        ("return n + 1", []),
    ],
)
def test_what_is_returned(body: str, expected: list[str], tmp_path: Path) -> None:
    assert found(tmp_path, f"def f(n: int) -> int:\n    {body}\n") == expected


@pytest.mark.parametrize(
    ("signature", "value", "expected"),
    [
        ("-> float", "1", []),
        ("-> str", "1", ["E0608"]),
        ("-> int?", "None", []),
        ("-> list[int]", "(1, 2)", []),
        ("-> list[int]", '"a"', ["E0608"]),
        ("-> map[str, int]", "{}", []),
        ("-> {a: int, b: int}", '{"a": 1, "b": 2, "c": 3}', []),
        ("-> {a: int, b: int}", '{"a": 1}', ["E0608"]),
        ("-> {a: int, b: int?}", '{"a": 1}', []),
        ("-> (a: int, b: str)", '{"a": 1, "b": 2}', ["E0608"]),
        ("-> (a: int, b: str)", '{"a": 1, "b": "2"}', []),
        ("-> File", '"a.csv"', []),
        ("-> Table{a: int}", "3", ["E0608"]),
        ("-> datetime", '"2024-01-01T00:00:00Z"', []),
    ],
)
def test_what_inline_code_returns(signature: str, value: str, expected: list[str], tmp_path: Path) -> None:
    assert inline(tmp_path, f"return {value}", f"() {signature}") == expected


def test_none_is_returned_where_it_may_be(tmp_path: Path) -> None:
    assert found(tmp_path, "def f(n: int) -> int | None:\n    if n:\n        return 1\n", "(n: int) -> (x: int?)") == []
    assert inline(tmp_path, "if n:\n    return 1\nreturn None") == ["W0652"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(n: int) -> int:\n    return np.abs(n)\n", ["E0653"]),
        ("import numpy as np\n\n\ndef f(n: int) -> int:\n    return np.abs(n)\n", []),
        ("def f(n: int) -> int:\n    import numpy as np\n    return np.abs(n)\n", []),
        ("def g(n):\n    return json.dumps(n)\n\n\ndef f(n: int) -> int:\n    return len(g(n))\n", ["E0653"]),
        ("def f(n: int) -> int:\n    return max([later(k) for k in range(n)])\n\n\ndef later(k):\n    return k\n", []),
        ("def f(n: int) -> int:\n    return max([latter(k) for k in range(n)])\n\n\ndef later(k):\n    return k\n", ["E0653"]),
        ("from math import *\n\n\ndef f(n: int) -> int:\n    return floor(n)\n", []),
        ("def g():\n    global STATE\n    STATE = 1\n\n\ndef f(n: int) -> int:\n    g()\n    return STATE\n", []),
        ("try:\n    import numpy as np\nexcept ImportError:\n    pass\n\n\ndef f(n: int) -> int:\n    return np.abs(n)\n", []),
        ("for k in range(3):\n    pass\n\n\ndef f(n: int) -> int:\n    return k\n", []),
        ("def f(n: int) -> int:\n    class A:\n        x = 1\n        y = x\n    return A.y\n", []),
        ("def f(n: int) -> int:\n    try:\n        return unicode(n)\n    except NameError:\n        return n\n", []),
        ("def f(n: int) -> int:\n    return len(__file__) + len(__name__)\n", []),
        ("def other(n):\n    return missing\n\n\ndef f(n: int) -> int:\n    return n\n", []),
    ],
)
def test_names(code: str, expected: list[str], tmp_path: Path) -> None:
    assert found(tmp_path, code) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('subprocess.run(["a"])', ["W0657"]),
        ('subprocess.run("a", shell=True, capture_output=True)', ["W0657"]),
        ('subprocess.run(["a"], check=True)', []),
        ('subprocess.run(["a"], check=n > 3)', []),
        ('subprocess.run(["a"], **options)', []),
        ('done = subprocess.run(["a"])\nprint(done.returncode)', []),
        ('done = subprocess.run(["a"])\nlook(done)', []),
        ('done = subprocess.run(["a"])', ["W0657"]),
        ('subprocess.check_call(["a"])', []),
        ('subprocess.call(["a"])', ["W0657"]),
        ('if subprocess.call(["a"]):\n    raise OSError', []),
        ('os.system("a")', ["W0657"]),
        ('assert os.system("a") == 0', []),
        ('requests.post("u", json={}, timeout=3)', ["W0657"]),
        ('requests.post("u", json={}, timeout=3).raise_for_status()', []),
        ('requests.get("u", timeout=3)', []),
    ],
)
def test_failures_that_nobody_sees(body: str, expected: list[str], tmp_path: Path) -> None:
    code = f"import os, requests, subprocess\noptions = {{'check': True}}\nlook = print\n{body}"
    assert inline(tmp_path, code, "(n: int)") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("try:\n    load(n)\nexcept Exception:\n    pass", ["W0659"]),
        ("try:\n    load(n)\nexcept:\n    print(n)", ["W0659"]),
        ("try:\n    load(n)\nexcept (OSError, Exception) as e:\n    print(e)\n    return", ["W0659"]),
        ("try:\n    load(n)\nexcept FileNotFoundError:\n    pass", []),
        ("try:\n    load(n)\nexcept Exception:\n    print(n)\n    raise", []),
        ("try:\n    load(n)\nexcept Exception:\n    again(n)", []),
        ("load(n)\ntry:\n    file.unlink()\nexcept Exception:\n    pass", []),
        ("try:\n    load(n)\nexcept Exception:\n    pass\nload(n + 1)", []),
        ("for k in range(n):\n    try:\n        load(k)\n    except Exception:\n        print(k)", []),
    ],
)
def test_failures_that_are_caught(body: str, expected: list[str], tmp_path: Path) -> None:
    code = f"from work import again, file, load\n{body}"
    assert inline(tmp_path, code, "(n: int)") == expected
