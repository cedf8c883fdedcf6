"""Programs for the tests of the Flyte backend, from text to pipeline."""

from __future__ import annotations

from pathlib import Path

from mloc.backend import Request
from mloc.driver import analyse
from tests.flyte.bundles import request

ONE = """
step one(s: str) -> str:
    run inline "return s"
"""

# Every way that branches and loops stand in one another; something comes after each, which must run, and once.
NESTED = f"""mlp 1
{ONE}
step two(s: str) -> (a: str, count: int, ref: str, runs_before: str):
    run inline \"\"\"
        return {{"a": s + "!", "count": len(s), "ref": "r", "runs_before": "b"}}
        \"\"\"

step note(s: str):
    run inline "print(s)"

pipeline nested(a: bool, b: bool, xs: list[int] = [1, 2]) -> (r: str, t: str?, ys: list[str], zs: list[list[str]], n: int):
    start = one(s="start")
    if a:
        w = two(s=start)
        ys = for x in xs:
            if b:
                p = one(s=f"{{x}} b {{w.a}}")
                v = p
            elif x == 2:
                v = "two"
            else:
                q = two(s=f"{{x}}")
                q2 = one(s=q.ref)
                v = q2
            later = one(s=v)
            yield later
        t = one(s="t")
        if b:
            r = one(s=start + " both")
        else:
            note(s="in else")
            r = one(s=start + " a")
        t2 = one(s="t2") after t
        n = w.count
    else:
        ys = ["none"]
        r = "neither"
        t = null
        n = 0
    if b:
        note(s="only")
    zs = for x in xs limit 1:
        first = one(s=f"{{x}}")
        inner = for y in ys limit 1:
            k = one(s=f"{{first}}/{{y}}")
            if b:
                k2 = one(s=k)
            yield k
        yield inner
    end = one(s=r)
    return r=end, t=t, ys=ys, zs=zs, n=n
"""


def compiled(text: str, folder: Path, name: str | None = None) -> Request:
    """What the driver asks the backend for, for the last pipeline of a program (or the one named)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "program.mlp"
    path.write_text(text, encoding="utf-8")
    analysis = analyse(str(path))
    assert not analysis.has_errors, [f"{d.rule.code} {d.message}" for d in analysis.diagnostics]
    pipeline = next(p for p in reversed(analysis.pipelines) if name in (None, p.name))
    return request(pipeline, analysis.lines(pipeline))
