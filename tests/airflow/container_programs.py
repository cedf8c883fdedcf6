"""Programs with container steps: values, files, failures, retries and timeouts; plain, mapped, in a body that is one task, in a handler."""

from __future__ import annotations

# `sh` and a few commands are needed, in the image or on this machine.
CONTAINERS = """mlp 1

step write(text: str, n: int?, ratio: float) -> (rows: File[csv], count: int):
    run container command=["/bin/sh", "-c"], args=[
        "printf '%s,%s,%s' \\"$1\\" \\"$WORD\\" \\"$#\\" > \\"$4\\"; echo 3 > \\"$3\\"; echo written; echo $WORD > file-of-work",
        "sh", text, ratio, out(count), out(rows), ["--n", n],
    ]
    image "IMAGE"
    env WORD="$(HOME) $$ it's {{ 1+1 }}"
    retry 1, backoff=1s

step length(rows: File[csv], least: int) -> (n: int):
    run container command=["/bin/sh", "-c"], args=[
        "set -e; n=$(wc -c < \\"$1\\"); test \\"$n\\" -ge \\"$2\\"; echo \\"$n\\" > \\"$3\\"", "sh", rows, least, out(n),
    ]
    image "IMAGE"
    timeout 5min

step least(n: int) -> (n: int):
    run container command=["/bin/sh", "-c"], args=["test $1 -ge 2 && echo $1 > $2", "sh", n, out(n)]
    image "IMAGE"
    retry 2, backoff=1s

step slow(seconds: int) -> (n: int):
    run container command=["/bin/sh", "-c"], args=["sleep \\"$1\\"; echo 1 > \\"$2\\"", "sh", seconds, out(n)]
    image "IMAGE"
    timeout 3s

step tell(text: str):
    run container command=["/bin/sh", "-c"], args=["echo \\"$1\\"", "sh", text]
    image "IMAGE"
    timeout 5min
"""

CONTAINED = (
    CONTAINERS
    + """
pipeline contained(text: str = "a $(b) $$(c) {{ 1+1 }}", least: int = 1) -> (count: int, sizes: list[int], both: list[int]):
    made = write(text=text, n=null, ratio=2.0)
    sizes = for n in [1, 2]:
        if n > 1:
            size = length(rows=made.rows, least=least)
            one = size.n
        else:
            one = 0
        yield one
    both = for n in [1] limit 1:
        again = write(text=f"{n}", n=n, ratio=0.5)
        long = length(rows=again.rows, least=1)
        yield again.count + long.n
    return count=made.count, sizes=sizes, both=both

    finally:
        tell(text=run.status)
"""
)

LATE = (
    CONTAINERS
    + """
pipeline late(seconds: int = 60) -> (n: int):
    waits = slow(seconds=seconds)
    return n=waits.n
"""
)

RETRIED = (
    CONTAINERS
    + """
pipeline retried(n: int = 2) -> (a: int, b: list[int?]):
    a = least(n=n)
    b = for x in [1, n] tolerate 1:
        c = least(n=x)
        yield c.n
    return a=a.n, b=b
"""
)

POD = """
target airflow:
    namespace "ml"
    volume_claim "mloc-files"
    volume_path "VOLUME"
"""
DOCKER = """
target airflow:
    containers docker
    network_mode "none"
"""
