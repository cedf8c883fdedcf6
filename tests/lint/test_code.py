"""The Python code behind steps: what is told of it, and what is left alone."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from mloc.driver import analyse

OURS = frozenset(
    "W0417 E0608 W0632 W0641 W0650 W0651 W0652 E0653 W0654 W0655 W0656 W0657 W0658 W0659 W0660 W0713 W0724 W0801 W0806 W0807".split()
)


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


ROWS = "(rows: Table{a: int, amount: float}) -> (x: float)"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('return rows["b"].sum()', ["W0650"]),
        ('return rows["amount"].sum()', []),
        ('return rows[["a", "b"]].sum().sum()', ["W0650"]),
        ('return rows.groupby("b")["amount"].sum().sum()', ["W0650"]),
        ('return rows.groupby("a")["b"].sum().sum()', ["W0650"]),
        ('return len(rows.groupby("a").agg(total=("quantity", "sum")))', ["W0650"]),
        ('return len(rows.groupby("a").agg({"b": "sum"}))', ["W0650"]),
        ('return len(rows.groupby("a").agg({"amount": "sum"}))', []),
        ('return rows.sort_values(by=["a", "b"])["amount"][0]', ["W0650"]),
        ('return rows.merge(other, on="b")["z"].sum()', ["W0650"]),
        ('return rows.drop(columns=["b"])["a"].sum()', ["W0650"]),
        ('return rows.loc[rows["a"] > 1, "b"].sum()', ["W0650"]),
        ('rows["b"] = 1\nreturn rows["b"].sum()', []),
        ('rows.insert(0, "b", 1)\nreturn rows["b"].sum()', []),
        ('rows = rows.assign(b=1)\nreturn rows["b"].sum()', []),
        ('rows = rows.rename(columns={"a": "b"})\nreturn rows["b"].sum()', []),
        ('rows = rows.rename(columns={"a": "b"})\nreturn rows["a"].sum()', ["W0650"]),
        ('kept = rows[rows["a"] > 1].copy()\nkept["b"] = 1\nreturn kept["b"].sum()', []),
        ('kept = rows[rows["a"] > 1].copy()\nkept["b"] = 1\nreturn rows["c"].sum()', ["W0650"]),
        ('same = rows\nsame["b"] = 1\nreturn rows["b"].sum()', []),
        ('add(rows)\nreturn rows["b"].sum()', []),
        ('rows = add(rows)\nreturn rows["b"].sum()', []),
        ('print(rows)\nreturn rows["b"].sum()', ["W0650"]),
        ('for name in names:\n    rows[name] = 1\nreturn rows["b"].sum()', []),
        ('for k in range(3):\n    if k:\n        print(rows["b"])\n    rows["b"] = k\nreturn 1.0', []),
        ('if names:\n    rows["b"] = 1\nreturn rows["b"].sum()', []),
        ('rows.columns = ["b", "c"]\nreturn rows["b"].sum()', []),
        ('rows.rename(columns=names, inplace=True)\nreturn rows["b"].sum()', []),
        ('return rows["b"].sum() if "b" in rows.columns else 0.0', []),
        ('try:\n    return rows["b"].sum()\nexcept KeyError:\n    return 0.0', []),
        ('return rows.apply(lambda row: row["b"], axis=1).sum()', []),
        ('return rows.describe()["b"].sum()', []),
        ('return rows.merge(other, on="a")["z"].sum()', []),
        ('first = rows.iloc[0]\nreturn first["b"]', []),
        ('def look(rows):\n    return rows["b"]\nreturn 1.0', []),
        ('return rows.to_dict()["b"]', []),
        ('return rows.drop(columns=["b"], errors="ignore")["a"].sum()', []),
    ],
)
def test_columns_that_are_read(body: str, expected: list[str], tmp_path: Path) -> None:
    assert inline(tmp_path, f"from work import add, names, other\n{body}", ROWS) == expected


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        ("Table{a: int, amount: float, ...}", "amuont", ["W0650"]),
        ("Table{a: int, amount: float, ...}", "price", []),
        ("Table{a: int, amount: float}?", "price", ["W0650"]),
    ],
)
def test_columns_of_other_rows(row: str, column: str, expected: list[str], tmp_path: Path) -> None:
    assert inline(tmp_path, f'return rows["{column}"].sum()', f"(rows: {row}) -> (x: float)") == expected


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [("pd.DataFrame", ["W0650"]), ("Path", ["W0658"]), ("pl.DataFrame", ["W0650"]), ("pd.DataFrame | None", ["W0650"])],
)
def test_columns_of_what_arrives_as_a_frame(annotation: str, expected: list[str], tmp_path: Path) -> None:
    top = "import pandas as pd\nimport polars as pl\nfrom pathlib import Path\n\n\n"
    code = f'{top}def f(rows: {annotation}) -> float:\n    return rows["b"].sum()\n'
    assert found(tmp_path, code, "(rows: Table{a: int}) -> (x: float)") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('return rows[["a"]]', ["W0654"]),
        ('rows["totl"] = 1.0\nreturn rows', ["W0654"]),
        ('rows["total"] = 1.0\nreturn rows', []),
        ('return rows.assign(total=1.0)[["a", "total"]]', []),
        ('return pd.DataFrame({"a": [1], "sum": [1.0]})', ["W0654"]),
        ('return pd.DataFrame({"a": [1], "total": [1.0]})', []),
        ("return pd.DataFrame(more)", []),
        ("return pd.DataFrame({**more})", []),
        ('return rows.groupby("a").agg(total=("amount", "sum")).reset_index()', []),
        ("return more(rows)", []),
    ],
)
def test_columns_that_are_returned(body: str, expected: list[str], tmp_path: Path) -> None:
    code = f"import pandas as pd\nfrom work import more\n{body}"
    assert inline(tmp_path, code, "(rows: Table{a: int, amount: float}) -> Table{a: int, total: float}") == expected


def two(folder: Path, code: str, attributes: str = "") -> list[str]:
    """The codes found for two steps whose functions `a` and `b` stand in one module."""
    (folder / "steps.py").write_text(code, encoding="utf-8")
    text = f'mlp 1\n\nstep a():\n    run python "steps:a"\n{attributes}\nstep b() -> (n: int):\n    run python "steps:b"\n'
    (folder / "test.mlp").write_text(text, encoding="utf-8")
    return [d.rule.code for d in analyse(str(folder / "test.mlp")).diagnostics if d.rule.code in OURS]


@pytest.mark.parametrize(
    ("top", "a", "b", "expected"),
    [
        ("X = {}", 'X["n"] = 1', 'return X["n"]', ["W0655"]),
        ("X = 0", "global X\n    X = 1", "return X", ["W0655"]),
        ("X = []", "X.append(1)", "return len(X)", ["W0655"]),
        ("X = []", "X = [1]", "return len(X)", []),
        ("X = []", "print(X)", "return len(X)", []),
        ("X = {}", 'X["n"] = 1', 'X = {"n": 1}\n    return X["n"]', []),
        ("X = {}", 'X["n"] = 1', 'X["n"] = 2\n    return X["n"]', []),
        (
            "X = None\n\n\ndef client():\n    global X\n    X = X or object()\n    return X",
            "print(client())",
            "return len(str(client()))",
            [],
        ),
        ("import settings", "settings.DEPTH = 3", "return settings.DEPTH", ["W0655"]),
    ],
)
def test_state(top: str, a: str, b: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("DEPTH = 1\n", encoding="utf-8")
    assert two(tmp_path, f"{top}\n\n\ndef a() -> None:\n    {a}\n\n\ndef b() -> int:\n    {b}\n") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('return len(open("data/x.csv").read())', ["W0656"]),
        ('return len(pd.read_csv("x.csv"))', ["W0656"]),
        ('return len(Path("x.csv").read_text())', ["W0656"]),
        ('return len(pd.read_csv("/mnt/share/x.csv"))', []),
        ('return len(pd.read_csv("s3://bucket/x.csv"))', []),
        ('Path("x.csv").write_text("a")\n    return len(pd.read_csv("x.csv"))', []),
        ('subprocess.run(["make-it"], check=True)\n    return len(pd.read_csv("x.csv"))', []),
        ('shutil.copy("/mnt/x.csv", ".")\n    return len(pd.read_csv("x.csv"))', []),
        ('out = Path("out")\n    out.mkdir()\n    make(out)\n    return len(pd.read_csv("out/x.csv"))', []),
        ('return len(open("x.csv", "w").write("a"))', []),
        ('return len(open(Path(__file__).parent / "x.csv").read())', []),
    ],
)
def test_files_of_the_step_s_own_folder(body: str, expected: list[str], tmp_path: Path) -> None:
    top = "import shutil, subprocess\nfrom pathlib import Path\nimport pandas as pd\n\n\ndef make(path): ...\n"
    assert found(tmp_path, f"{top}\n\ndef f(n: int) -> int:\n    {body}\n") == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("db.execute(f\"select * from t where a = '{s}'\")", ["W0632"]),
        ('db.execute(f"select * from t where a = {s}")', ["W0632"]),
        ('db.execute("select * from t where a = \'" + s + "\'")', ["W0632"]),
        ("query = f\"select * from t where a = '{s}'\"\ndb.execute(query)", ["W0632"]),
        ("pd.read_sql(f\"select * from t where a like '%{s}'\", db)", ["W0632"]),
        ('db.execute(f"select * from {s}")', []),
        ('db.execute(f"select * from t where a = {k}")', []),
        ('db.execute("select * from t where a = ?", (s,))', []),
        ("db.execute(f\"select * from t where a = '{mode}'\")", []),
        ('os.popen(f"process {s}")', ["W0632"]),
        ('subprocess.run(f"process {s}", shell=True, check=True)', ["W0632"]),
        ('subprocess.run(f"process {shlex.quote(s)}", shell=True, check=True)', []),
        ('subprocess.run(["process", f"--name={s}"], check=True)', []),
        ("eval(s)", ["W0632"]),
        ("exec(s)", ["W0632"]),
        ("eval('1 + 1')", []),
    ],
)
def test_inputs_that_become_code(call: str, expected: list[str], tmp_path: Path) -> None:
    code = f"import os, shlex, subprocess\nimport pandas as pd\nfrom work import db\n{call}"
    assert inline(tmp_path, code, '(s: str, k: int, mode: str in ["a", "b"])') == expected


@pytest.mark.parametrize(
    ("call", "attributes", "expected"),
    [
        ('requests.post("u", json={}, timeout=3).raise_for_status()', ("retry 3",), ["W0806"]),
        ('requests.post("u", json={}, timeout=3).raise_for_status()', ("retry 3", "idempotent"), []),
        ('requests.post("u", json={}, timeout=3).raise_for_status()', ("retry 0",), []),
        ('requests.post("u", json={}, timeout=3).raise_for_status()', ("cache", "effects reads"), ["W0807"]),
        ('print(requests.post("search", json={}, timeout=3).json())', ("retry 3",), []),
        ('db.execute("insert into t values (1)")', ("retry 3",), ["W0806"]),
        ('db.execute(f"INSERT INTO t VALUES ({n})")', ("retry 3",), ["W0806"]),
        ('db.execute("insert into t values (1) on conflict do nothing")', ("retry 3",), []),
        ('db.execute("delete from t")\ndb.execute("insert into t values (1)")', ("retry 3",), []),
        ('db.execute("select 1")', ("retry 3",), []),
        ('rows.to_sql("t", db, if_exists="append")', ("retry 3",), ["W0806"]),
        ('rows.to_sql("t", db, if_exists="replace")', ("retry 3",), []),
        ('open("/mnt/log.txt", "a").write("x")', ("retry 3",), ["W0806"]),
        ('open("log.txt", "a").write("x")', ("retry 3",), []),
    ],
)
def test_what_must_not_be_done_twice(call: str, attributes: tuple[str, ...], expected: list[str], tmp_path: Path) -> None:
    assert inline(tmp_path, f"import requests\nfrom work import db, rows\n{call}", "(n: int)", *attributes) == expected


def test_the_place_of_a_finding_is_the_code_itself(tmp_path: Path) -> None:
    text = 'mlp 1\n\nstep f():\n    run inline """\n        import os\n        print("ä", os.environ["KEY"])\n        """\n'
    (tmp_path / "test.mlp").write_text(text, encoding="utf-8")
    (warning,) = (d for d in analyse(str(tmp_path / "test.mlp")).diagnostics if d.rule.code == "W0651")
    assert text[warning.primary.span.start : warning.primary.span.end] == 'os.environ["KEY"]'


@pytest.mark.parametrize(
    ("line", "attributes", "expected"),
    [
        ('model.to("cuda")', (), ["W0713"]),
        ("model.cuda()", (), ["W0713"]),
        ('device = torch.device("cuda:0")\nmodel.to(device)', (), ["W0713"]),
        ('torch.zeros(1, device="cuda")', (), ["W0713"]),
        ('model.to("cuda")', ("resources gpu=1",), []),
        ('model.to("cuda" if torch.cuda.is_available() else "cpu")', (), []),
        ('model.to("cpu")', (), []),
    ],
)
def test_gpus_that_nobody_asked_for(line: str, attributes: tuple[str, ...], expected: list[str], tmp_path: Path) -> None:
    assert inline(tmp_path, f"import torch\nfrom work import model\n{line}", "(n: int)", *attributes) == expected


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ('rows[["a", "label"]]', 'rows["label"]', ["W0417"]),
        ("rows", 'rows["label"]', ["W0417"]),
        ('rows[["a"]]', 'rows["label"]', []),
        ('rows.drop(columns=["label"])', 'rows["label"]', []),
        ('rows[["a", "label"]]', 'rows["a"] > 3', []),
    ],
)
def test_what_is_to_be_predicted(x: str, y: str, expected: list[str], tmp_path: Path) -> None:
    signature = "(rows: Table{a: int, label: bool}) -> (s: float)"
    code = f"from work import model\nx, more = {x}, 1\ny = {y}\nx = {x}\nreturn float(model.fit({x}, y).best)"
    assert inline(tmp_path, code, signature) == expected
    assert inline(tmp_path, f"from work import model\nx = {x}\nreturn float(model.fit(x, {y}).best)", signature) == expected


def test_a_target_that_is_taken_out_first(tmp_path: Path) -> None:
    code = 'from work import model\ny = rows["label"]\ndel rows["label"]\nreturn float(model.fit(rows, y).best)'
    assert inline(tmp_path, code, "(rows: Table{a: int, label: bool}) -> (s: float)") == []


@pytest.mark.parametrize(
    ("line", "attributes", "expected"),
    [
        ("return len(pd.read_csv(path))", ("cache",), ["W0801"]),
        ("return len(open(path).read())", ("cache",), ["W0801"]),
        ("return len(Path(path).read_text())", ("cache",), ["W0801"]),
        ("return len(pd.read_csv(path))", ("cache ttl=1d",), []),
        ("return len(pd.read_csv(path))", ("cache", "effects reads"), []),
        ("return len(pd.read_csv(path))", (), []),
        ("return len(path)", ("cache",), []),
        ('return len(pd.read_csv("https://a.example/x.csv"))', ("cache",), ["W0801"]),
        ("return len(train_test_split([1, 2])[0])", ("cache",), ["W0801"]),
        ("return len(train_test_split([1, 2], random_state=1)[0])", ("cache",), []),
        ("return len(train_test_split([1, 2], shuffle=False)[0])", ("cache",), []),
        ("return KFold(3).n_splits", ("cache",), []),
        ("return KFold(3, shuffle=True).n_splits", ("cache",), ["W0801"]),
        ("return len(pd.DataFrame().sample(frac=0.5))", ("cache",), ["W0801"]),
        ("return len(pd.DataFrame().sample(frac=0.5, random_state=1))", ("cache",), []),
    ],
)
def test_results_that_are_kept(line: str, attributes: tuple[str, ...], expected: list[str], tmp_path: Path) -> None:
    code = f"import pandas as pd\nfrom pathlib import Path\nfrom sklearn.model_selection import KFold, train_test_split\n{line}"
    assert inline(tmp_path, code, "(path: str) -> (n: int)", *attributes) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("print(day.isoformat())", []),
        ("print(day.strip())", ["W0658"]),
        ("print(name.isoformat())", ["W0658"]),
        ("print(count.upper())", ["W0658"]),
        ("print(file.read_text())", []),
        ("print(file.split(','))", ["W0658"]),
        ("print(file['a'])", ["W0658"]),
        ("print(options['bucket'])", []),
        ("print(options['buckt'])", ["W0658"]),
        ("print(options.bucket)", ["W0658"]),
        ("print(options.get('buckt'))", []),
        ("print('x/' + day)", ["W0658"]),
        ("print('x/' + name)", []),
        ("print(count + 1)", []),
        ("print('x' + str(count))", []),
        ("print(datetime.strptime(day, '%Y'))", ["W0658"]),
        ("print(datetime.strptime(name, '%Y'))", []),
        ("day = str(day)\nprint('x/' + day)", []),
        ("if isinstance(day, str):\n    print('x/' + day)", []),
        ("def f(day):\n    return day.strip()\nprint(f('a'))", []),
        ("print(maybe.strip())", ["W0658"]),
        ("print(mode == 'fsat')", ["W0660"]),
        ("print(mode == 'fast')", []),
        ("print(mode in ('fast', 'medium'))", ["W0660"]),
        ("print(kind != 'c')", ["W0660"]),
        ("print(name == 'c')", []),
        ("mode = mode.upper()\nprint(mode == 'FAST')", []),
    ],
)
def test_inputs_as_what_they_are(line: str, expected: list[str], tmp_path: Path) -> None:
    signature = (
        '(day: date, name: str, count: int, file: File, options: {bucket: str, n: int}, maybe: int?, mode: Mode, kind: str in ["a", "b"])'
    )
    text = f'mlp 1\n\nenum Mode: fast, slow\n\nstep f{signature}:\n    run inline """\n        from datetime import datetime\n'
    (tmp_path / "test.mlp").write_text(f'{text}{indent(line, " " * 8)}\n        """\n', encoding="utf-8")
    assert [d.rule.code for d in analyse(str(tmp_path / "test.mlp")).diagnostics if d.rule.code in OURS] == expected


@pytest.mark.parametrize(("annotation", "expected"), [("int", ["W0658"]), ("", ["W0658"]), ("Any", []), ("'int'", []), ("Count", [])])
def test_inputs_of_functions_are_what_the_annotation_says(annotation: str, expected: list[str], tmp_path: Path) -> None:
    hint = f": {annotation}" if annotation else ""
    code = f"from typing import Any\nCount = int\n\n\ndef f(n{hint}) -> int:\n    return len(n.upper())\n"
    assert found(tmp_path, code) == expected


@pytest.mark.parametrize(
    ("body", "attributes", "expected"),
    [
        ('return len(requests.get("u").text)', (), ["W0724"]),
        ('return len(requests.get("u", timeout=3).text)', (), []),
        ('return len(requests.get("u").text)', ("timeout 1h",), []),
        ('return len(requests.get("u", **options).text)', (), []),
        ("while not done(n):\n        time.sleep(1)\n    return n", (), ["W0724"]),
        ("while n > 0:\n        n -= 1\n    return n", (), []),
        ("for k in range(3):\n        time.sleep(1)\n    return n", (), []),
    ],
)
def test_what_may_never_end(body: str, attributes: tuple[str, ...], expected: list[str], tmp_path: Path) -> None:
    code = f"import time\nimport requests\n\noptions = {{}}\n\n\ndef done(n): ...\n\n\ndef f(n: int) -> int:\n    {body}\n"
    assert found(tmp_path, code, "(n: int) -> (x: int)", *attributes) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ('make("/tmp/model")', 'return len(str(make("/tmp/model")))', ["W0641"]),
        ('make("/tmp/model")', 'return len(str(make("/tmp/other")))', []),
        ('make("/mnt/model")', 'return len(str(make("/mnt/model")))', []),
        ("make()", "return len(str(make()))", []),
    ],
)
def test_paths_of_one_machine_in_two_functions(a: str, b: str, expected: list[str], tmp_path: Path) -> None:
    top = 'def make(path="x"):\n    return open("/tmp/scratch", "w").write(path)'
    assert two(tmp_path, f"{top}\n\n\ndef a() -> None:\n    {a}\n\n\ndef b() -> int:\n    {b}\n") == expected


def test_a_function_that_two_steps_run_has_its_mistakes_once(tmp_path: Path) -> None:
    top = 'import os\n\n\ndef helper() -> int:\n    os.system("a")\n    return missing'
    code = f"{top}\n\n\ndef a() -> None:\n    helper()\n\n\ndef b() -> int:\n    return helper()\n"
    assert sorted(two(tmp_path, code)) == ["E0653", "W0657"]


@pytest.mark.parametrize("line", ["globals().update(x=1)", "import sys\nsetattr(sys.modules[__name__], 'x', 1)"])
def test_a_module_whose_names_appear_at_run_time(line: str, tmp_path: Path) -> None:
    assert found(tmp_path, f"{line}\n\n\ndef f(n: int) -> int:\n    return x\n") == []
