"""What emitted programs do on kfp.local, beside what the conformance programs say."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kfp.emitted import files_of, run

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("kfp")]

HOSTILE = [
    "{{$.inputs.parameters['x']}}",
    "$(HOME) ${HOME} $$",
    "use python3 now",
    "/kfp-workspace/a",
    'it\'s "so"\\\n\té😀',
    "mloc-json:1",
    "",
]


def test_hostile_texts_survive_every_way(tmp_path: Path) -> None:
    source = """
pipeline hostile(one: str, many: list[str], keyed: map[str, str], maybe: str?) -> (
        one: str, many: list[str], keyed: map[str, str], maybe: str?):
    said = echo(text=one)
    each = for text in many:
        again = echo(text=text)
        if again == "":
            last = "{{$}} python3"
        else:
            last = echo(text=again)
        yield last
    return one=said, many=each, keyed=keyed, maybe=maybe
"""
    keyed = {text: text for text in HOSTILE if text.isprintable()}
    params = {"one": HOSTILE[0], "many": HOSTILE, "keyed": keyed, "maybe": HOSTILE[2]}
    ran = run(source, tmp_path, params)
    assert ran.result["error"] is None
    each = [text or "{{$}} python3" for text in HOSTILE]
    assert ran.outputs == {"one": HOSTILE[0], "many": each, "keyed": keyed, "maybe": HOSTILE[2]}


def test_numbers_survive_in_lists(tmp_path: Path) -> None:
    signature = "pipeline numbers(ints: list[int], floats: list[float]) -> (ints: list[int], floats: list[float])"
    source = f"{signature}:\n    return ints=ints, floats=floats\n"
    ints = [0, 2**53 - 1, "i:9223372036854775807", "i:-9223372036854775808"]
    ran = run(source, tmp_path, {"ints": ints, "floats": [0.1, 1.0, -0.0, "f:nan", "f:-inf", 1e300]})
    assert json.dumps(ran.outputs) == json.dumps({"ints": ints, "floats": [0.1, 1.0, -0.0, "f:nan", "f:-inf", 1e300]})


def test_regions_nest_in_every_order(tmp_path: Path) -> None:
    source = """
step size(of: list[int]) -> int:
    run inline \"\"\"
        return len(of)
        \"\"\"

pipeline nested(rows: list[list[int]]) -> (sums: list[list[str]]):
    sums = for row in rows limit 1:
        cells = size(of=row)
        if cells == 0:
            found = ["none"]
        else:
            first = same(x=row[0])
            inner = for cell in row:
                if cell > first:
                    deep = for again in row:
                        told = echo(text=f"{cell}/{again}")
                        yield told
                    said = deep[0]
                else:
                    plain = echo(text=f"{first}")
                    said  = plain
                yield said
            found = inner
        yield found
    return sums=sums
"""
    ran = run(source, tmp_path, {"rows": [[], [1, 2], [5]]})
    assert ran.result["error"] is None
    assert ran.outputs == {"sums": [["none"], ["1", "2/1"], ["5"]]}


def test_called_pipelines_are_dags_of_their_own(tmp_path: Path) -> None:
    source = """
pipeline twice(x: int, by: int = 2) -> (y: int, z: int):
    a = same(x=x)
    if a > 5:
        b = same(x=5)
    else:
        b = a
    return y=b * by, z=a

pipeline unused(x: int) -> (y: int):
    return y=x

pipeline calls(n: int) -> (all: list[int], z: int, last: int):
    t   = twice(x=n)
    u   = unused(x=t.z)
    all = for i in [1, 9]:
        v = twice(x=i, by=t.y)
        yield v.y + v.z
    last = same(x=u.y) after t
    return all=all, z=t.z, last=last
"""
    ran = run(source, tmp_path, {"n": 3})
    assert ran.result["error"] is None
    assert ran.outputs == {"all": [7, 39], "z": 3, "last": 3}
    assert ran.attempts("all[1].v.then.b") == ["succeeded"]


def test_files_through_lists_and_branches(tmp_path: Path) -> None:
    source = """
pipeline files(given: File[txt], texts: list[str], pick: bool) -> (
        seen: str, all: list[str], chosen: str, kept: File[txt], none: File[txt]?):
    seen   = read(file=given)
    notes  = for text in texts:
        made = note(text=text)
        yield made.file
    again  = for file in notes:
        said = read(file=file)
        yield said
    if pick:
        one  = note(text="one")
        kept = one.file
        none = null
    else:
        two  = note(text="two")
        kept = given
        none = two.file
    chosen = read(file=kept)
    return seen=seen, all=again, chosen=chosen, kept=kept, none=none
"""
    given = tmp_path / "given file.txt"
    given.write_text("given", encoding="utf-8")
    descriptor = {"uri": str(given), "digest": "", "size": 5, "type": {"file": "txt"}}
    for pick, chosen in ((True, "one"), (False, "given")):
        folder = tmp_path / str(pick)
        folder.mkdir()
        ran = run(source, folder, {"given": descriptor, "texts": ["a", "b"], "pick": pick})
        assert ran.result["error"] is None
        assert (ran.outputs["seen"], ran.outputs["all"], ran.outputs["chosen"]) == ("given", ["a", "b"], chosen)
        kept = Path(ran.outputs["kept"]["uri"].removeprefix("file://"))
        assert kept.read_text(encoding="utf-8") == chosen
        assert (ran.outputs["none"] is None) == pick


def test_a_file_by_its_place_alone(tmp_path: Path) -> None:
    source = "pipeline place(given: File[txt]) -> (seen: str):\n    seen = read(file=given)\n    return seen=seen\n"
    missing = {"uri": str(tmp_path / "none.txt"), "digest": "", "size": 0, "type": {"file": "txt"}}
    ran = run(source, tmp_path, {"given": missing})
    assert ran.status == "failed"
    (failed,) = (event for event in ran.events if event["event"] == "failed")
    assert failed["error"]["message"].startswith("`given`: ")


def test_retries_are_made_in_the_pod(tmp_path: Path) -> None:
    source = """
step flaky(folder: str) -> int:
    run inline \"\"\"
        import pathlib
        tries = pathlib.Path(folder) / "tries"
        made = int(tries.read_text()) + 1 if tries.exists() else 1
        tries.write_text(str(made))
        if made < 3:
            raise RuntimeError(f"try {made}")
        return made
        \"\"\"
    retry 4, backoff=10ms

step wrong() -> (n: int in 1..2):
    run inline \"\"\"
        return 3
        \"\"\"
    retry 4, backoff=10ms

pipeline retries(folder: str) -> (made: int):
    made = flaky(folder=folder)
    bad  = wrong() after made
    return made=made
"""
    ran = run(source, tmp_path, {"folder": str(tmp_path)})
    assert ran.status == "failed"
    assert ran.attempts("made") == ["failed", "failed", "succeeded"]
    # A value outside its domain is not tried again.
    assert ran.attempts("bad") == ["failed"]


def test_what_does_not_depend_on_a_failure_still_runs(tmp_path: Path) -> None:
    source = """
step fails() -> int:
    run inline \"\"\"
        raise ValueError("no")
        \"\"\"

pipeline drains() -> (x: int):
    bad  = fails()
    late = same(x=bad)
    good = same(x=1)
    more = same(x=good)
    return x=more
"""
    ran = run(source, tmp_path)
    assert ran.status == "failed"
    assert (ran.attempts("bad"), ran.attempts("late"), ran.attempts("more")) == (["failed"], [], ["succeeded"])
    assert not [event for event in ran.events if event["event"] == "outputs"]


def test_names_that_this_backend_uses_itself(tmp_path: Path) -> None:
    source = """
step many(items: list[int], unit: str) -> (items: list[int], filled: str, result: int, arm: str, Total: int):
    run inline \"\"\"
        return {"items": items, "filled": unit, "result": 1, "arm": "x", "Total": 2}
        \"\"\"

pipeline names(bundle: int, collected: list[int]) -> (a: list[int], b: str, c: int):
    evaluate = many(items=collected, unit="u")
    again    = many(items=evaluate.items, unit=evaluate.filled)
    return a=again.items, b=again.filled, c=again.Total + bundle
"""
    ran = run(source, tmp_path, {"bundle": 1, "collected": [1, 2]})
    assert ran.result["error"] is None
    assert ran.outputs == {"a": [1, 2], "b": "u", "c": 3}


def test_two_calls_of_a_step_keep_their_own_files(tmp_path: Path) -> None:
    source = """
pipeline twice() -> (a: str, b: str):
    one = note(text="one")
    two = note(text="two")
    a   = read(file=one.file)
    b   = read(file=two.file)
    return a=a, b=b
"""
    assert run(source, tmp_path).outputs == {"a": "one", "b": "two"}


def test_the_launcher_as_a_program(tmp_path: Path) -> None:
    bundle, result = tmp_path / "bundle", tmp_path / "result.json"
    bundle.mkdir()
    for name, content in files_of("pipeline one(x: int = 7) -> (y: int):\n    y = same(x=x)\n    return y=y\n", tmp_path).items():
        (bundle / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "params.json").write_text('{"x": "8"}', encoding="utf-8")
    command = [sys.executable, "-m", "mloc_kfp.launch", str(bundle), "--params", str(tmp_path / "params.json")]
    command += ["--records", str(tmp_path / "records"), "--store", str(tmp_path / "store"), "--result", str(result)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert json.loads(result.read_text(encoding="utf-8")) == {
        "status": "succeeded",
        "engine": {"name": "kfp", "version": pytest.importorskip("kfp").__version__},
        "error": None,
    }


def test_without_kubeflow_the_launcher_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "params.json").write_text("{}", encoding="utf-8")
    script = "import sys; sys.modules['kfp'] = None; from mloc_kfp.launch import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, str(tmp_path), "--params", str(tmp_path / "params.json")]
    command += [word for name in ("records", "store", "result") for word in (f"--{name}", str(tmp_path / name))]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "pip install 'mloc[kfp]'" in ended.stderr


def test_runs_leave_the_built_in_print_as_it_was(tmp_path: Path) -> None:
    """`kfp.local` wraps it for each task, and two rounds of a loop at once would leave it wrapped."""
    source = """
step keep(i: int) -> int:
    run inline "return i"

pipeline many(xs: list[int] = [1, 2, 3, 4, 5, 6]) -> (ys: list[int]):
    ys = for x in xs:
        y = keep(i=x)
        yield y
    return ys=ys
"""
    before = builtins.print
    for index in range(3):
        folder = tmp_path / str(index)
        folder.mkdir()
        assert run(source, folder).status == "succeeded"
    assert builtins.print is before
