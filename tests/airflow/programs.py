"""Programs that put each construct where Airflow has a rule of its own about it."""

from __future__ import annotations

STEPS = """mlp 1

step same(i: int) -> (o: int):
    run inline "return i"

step add(a: int, b: int) -> int:
    run inline "return a + b"

step breaks(i: int) -> (o: int):
    run inline \"\"\"
        if i == 2:
            raise ValueError("two is too much")
        return i
        \"\"\"

step note(i: int):
    run inline "pass"
"""

# An item that Jinja would turn into another, wherever Airflow renders it.
TEMPLATES = """mlp 1
## See {{ 1+1 }} in notes.md
step same(s: str, t: str = "t {{ 1+1 }}") -> (s: str, env: str):
    run inline "import os; return {'s': s + t, 'env': os.environ['TEXT']}"
    env TEXT="env {{ 1+1 }}"

## Everything about {{ ds }} stands in notes.md
pipeline templates(
        ## A {{ 1+1 }} b
        xs: list[str] = ["{{ 1+1 }}", "{% raw %}", "it's {{ ds }}.sql"],
        m: map[str, str] = {"{{ 1+1 }}": "{{ 2+2 }}"}) -> (
        one: list[str], many: list[str], whole: list[list[str]], env: list[str], chosen: str?, m: map[str, str]):
    one = for x in xs:
        a = same(s=x)
        yield a.s
    many = for x in xs:
        b = same(s=x, t="{{ 3+3 }}")
        c = same(s=b.s, t="!")
        yield c.s
    whole = for x in xs:
        inner = for y in [x, "{{ 4+4 }}"]:
            d = same(s=y, t=x)
            yield d.s
        yield inner
    e = same(s="last")
    if one[0] == "{{ 1+1 }}t {{ 1+1 }}":
        f = same(s="{{ 5+5 }}", t="")
        chosen = f.s
    return one=one, many=many, whole=whole, env=[e.env], chosen=chosen, m=m
"""

STRUCTURES = (
    STEPS
    + """
pipeline inner(i: int, j: int) -> (o: int):
    a = same(i=i)
    if j > 100:
        b = note(i=j)
    c = add(a=a.o, b=j)
    return o=c

pipeline quiet(xs: list[int]) -> (n: int):
    for x in xs:
        note(i=x)
    if xs[0] > 100:
        d = note(i=1)
    return n=1

pipeline structures(xs: list[int] = [1, 2, 3], deep: bool = true, wide: bool = true) -> (
        sums: list[int], seen: list[int?], table: list[list[int]], late: int?, both: int?, each: list[int], last: int):
    first = same(i=1)
    sums = for x in xs:
        a = same(i=x)
        b = add(a=a.o, b=first.o)
        yield b
    seen = for x in xs:
        if x > 1:
            c = same(i=x)
            if x > 2:
                d = add(a=c.o, b=10)
                e = d
            else:
                e = c.o
        yield e
    table = for x in xs:
        row = for y in xs:
            f = add(a=x, b=y)
            yield f
        yield row
    if wide:
        if deep:
            g = for x in xs:
                h = same(i=x)
                yield h.o
            k = same(i=g[0]) after g
            late = k.o
        called = inner(i=first.o, j=3)
        hushed = quiet(xs=[first.o])
        both = called.o + hushed.n
    each = for x in xs:
        p = same(i=x)
        q = inner(i=p.o, j=x)
        yield q.o
    top = inner(i=first.o, j=1)
    idle = quiet(xs=[0])
    ran = for x in xs:
        n = note(i=x)
        o = note(i=x) after n
    z = same(i=5) after ran
    return sums=sums, seen=seen, table=table, late=late, both=both, each=each, last=z.o + top.o + idle.n
"""
)

FAILURES = (
    STEPS
    + """
pipeline failures(xs: list[int] = [1, 2, 3]) -> (ys: list[int], other: int):
    ys = for x in xs limit 2:
        a = breaks(i=x)
        b = same(i=a.o)
        c = same(i=x)
        yield b.o + c.o
    d = same(i=ys[0])
    e = same(i=7)
    f = same(i=e.o)
    return ys=ys, other=f.o + d.o
"""
)

# Constant delays are Airflow's own; growing ones, and those of a limited fan-out, the runner's.
_FLAKY = '''(folder: str, name: str, until: int) -> (made: int):
    run inline """
        import pathlib
        mine = pathlib.Path(folder) / name
        made = (int(mine.read_text()) if mine.exists() else 0) + 1
        mine.write_text(str(made))
        if made < until:
            raise ValueError("not yet")
        return made
        """
'''

RETRIES = f"""mlp 1

step constant{_FLAKY}    retry 2, backoff=1s

step growing{_FLAKY}    retry 2, backoff=200ms, factor=2.0

step limited{_FLAKY}    retry 1, backoff=100ms

pipeline retries(folder: str) -> (a: int, b: int, c: list[int]):
    a = constant(folder=folder, name="a", until=3)
    b = growing(folder=folder, name="b", until=3)
    c = for x in ["c", "d"] limit 1:
        e = limited(folder=folder, name=x, until=2)
        yield e.made
    return a=a.made, b=b.made, c=c
"""

# A schedule whose run makes what a trigger's reads.
LAUNCHED = '''mlp 1

step make(day: date) -> (rows: File[csv], count: int):
    run inline """
        import pathlib
        made = pathlib.Path("rows.csv")
        made.write_text(str(day))
        return {"rows": made, "count": 3}
        """
    publish asset("raw/rows")

step length(rows: File[csv]) -> str:
    run inline "return open(rows).read()"

pipeline produce(day: date, label: str, n: int = 1 in 1..5) -> (count: int, label: str, n: int, same: bool):
    made = make(day=day)
    return count=made.count, label=label, n=n, same=run.scheduled_date == day and label == f"run {run.id}"

pipeline consume(rows: File[csv], n: int = 2) -> (text: str, n: int):
    found = length(rows=rows)
    return text=found, n=n

schedule nightly for produce:
    cron "* * * * *", timezone="Pacific/Kiritimati"
    start "2026-01-31"
    end "2099-12-31"
    args day=run.scheduled_date, label=f"run {run.id}", n=3

trigger arrived for consume:
    on_asset "raw/rows", "raw/others"
    overlap queue
    args rows=asset("raw/rows"), n=5
'''

# Waits for a file, and tells by another that `finally` ran.
SLOW = '''mlp 1

step wait(folder: str) -> int:
    run inline """
        import pathlib, time
        while not (pathlib.Path(folder) / "go").exists():
            time.sleep(0.1)
        return 1
        """

step tell(folder: str, status: str):
    run inline """
        import pathlib
        with (pathlib.Path(folder) / "told").open("a") as told:
            told.write(status + "\\n")
        """

pipeline slow(folder: str = "/") -> (n: int):
    n = wait(folder=folder)
    return n=n

    finally:
        tell(folder=folder, status=run.status)

schedule often for slow:
    cron "0 3 1 1 *"
'''

MANY = """mlp 1

step numbers(n: int) -> list[int]:
    run inline "return list(range(n))"

step square(x: int) -> int:
    run inline "return x * x"

pipeline many(n: int = 200) -> (squares: list[int]):
    xs = numbers(n=n)
    squares = for x in xs:
        y = square(x=x)
        yield y
    return squares=squares
"""
