"""Timeouts, retries, schedules, paths and effects: what is told of them, and what is left alone."""

from __future__ import annotations

import pytest

from tests.lint.programs import codes

OURS = frozenset("W0724 W0725 W0726 W0640 W0641 W0319 W1008 W1015 W1016 W1017".split())
IMAGE = 'image "a/b@sha256:1111111111111111111111111111111111111111111111111111111111111111"'
POLL = 'run shell "while ! curl -sf x; do sleep 1; done"'


def ours(text: str) -> list[str]:
    return [code for code in codes(f"mlp 1\n\n{text}") if code in OURS]


def step(*attributes: str, run: str = 'run inline "pass"', options: str = "", call: str = "f()") -> str:
    lines = "".join(f"    {attribute}\n" for attribute in attributes)
    return f"step f():\n    {run}\n{lines}\npipeline p():\n{options}    {call}\n"


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (step(IMAGE, "effects reads", run='run container command=["w"]'), ["W0724"]),
        (step(IMAGE, "effects reads", "timeout 1h", run='run container command=["w"]'), []),
        (step(IMAGE, "effects none", run='run container command=["w"]'), []),
        (step(IMAGE, run='run container command=["w"]'), []),
        (step(run=POLL), ["W0724"]),
        (step(run=POLL, call="f() with timeout(1h)"), []),
        (step(run=POLL, options="    options:\n        timeout 1h\n"), []),
        (step(run='run shell "sleep 1; while read -r x; do echo $x; done < /dev/null"'), []),
        (step("timeout 2h", options="    options:\n        timeout 1h\n"), ["W0725"]),
        (step("timeout 1h", options="    options:\n        timeout 1h\n"), []),
        (step("retry 3, factor=2.0"), ["W0726"]),
        (step("retry 3, backoff=1s, factor=2.0"), []),
        (step("retry 0, backoff=1s"), ["W0726"]),
        (step("retry 3, backoff=1min, max_delay=1s"), ["W0726"]),
        (step("retry 3, on=[oom]"), []),
        (step("retry 3, on=[oom, preempted]"), []),
        (step("retry 3"), []),
    ],
)
def test_time(program: str, expected: list[str]) -> None:
    assert ours(program) == expected


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/45 * * * *", ["W1015"]),
        ("0 */5 * * *", ["W1015"]),
        ("*/15 */6 * * *", []),
        ("* 2 * * *", ["W1017"]),
        ("* * * * *", []),
        ("0 0 31 * *", ["W1016"]),
        ("0 0 31 12 *", []),
        ("0 0 28,31 * *", []),
        ("@daily", []),
    ],
)
def test_crons(cron: str, expected: list[str]) -> None:
    assert ours(step() + f'\nschedule s for p:\n    cron "{cron}", timezone="UTC"\n') == expected


@pytest.mark.parametrize(
    ("timeout", "overlap", "expected"), [("2h", "allow", ["W1008"]), ("2h", "skip", []), ("1h", "allow", []), ("10min", "allow", [])]
)
def test_runs_beside_each_other(timeout: str, overlap: str, expected: list[str]) -> None:
    schedule = f'\nschedule s for p:\n    cron "0 * * * *", timezone="UTC"\n    overlap {overlap}\n'
    assert ours(step(f"timeout {timeout}") + schedule) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/tmp/x.csv", ["W0640"]),
        ("/home/ada/x.csv", ["W0640"]),
        ("./x.csv", ["W0640"]),
        ("~/x.csv", ["W0640"]),
        ("C:\\\\x.csv", ["W0640"]),
        ("/mnt/data/x.csv", []),
        ("s3://bucket/x.csv", []),
        ("a/b", []),
        ("...", []),
    ],
)
def test_paths_of_one_machine(text: str, expected: list[str]) -> None:
    assert ours(f'step f(s: str):\n    run inline "print(s)"\n\npipeline p():\n    f(s="{text}")\n') == expected


@pytest.mark.parametrize(("other", "expected"), [("/tmp/x", ["W0641"]), ("/tmp/xy", []), ("$OUT/tmp/x", [])])
def test_paths_in_the_code_of_two_steps(other: str, expected: list[str]) -> None:
    program = (
        f'step f():\n    run shell "echo > /tmp/x"\n\nstep g():\n    run shell "OUT=1; cat {other}"\n\npipeline p():\n    f()\n    g()\n'
    )
    assert ours(program) == expected


@pytest.mark.parametrize(
    ("first", "second", "body", "expected"),
    [
        ("writes", "reads", ["f()", "g()"], ["W0319"]),
        ("writes", "reads", ["x = f()", "g() after x"], []),
        ("writes", "reads", ["g()", "f()"], []),
        ("writes", "writes", ["f()", "g()"], []),
        ("reads", "reads", ["f()", "g()"], []),
        ("writes", "reads", ["x = f()", "y = h() after x", "g() after y"], []),
    ],
)
def test_effects_in_order(first: str, second: str, body: list[str], expected: list[str]) -> None:
    steps = "".join(
        f'step {name}():\n    run inline "print({at})"\n    effects {effect}\n\n'
        for at, (name, effect) in enumerate([("f", first), ("g", second), ("h", "none")])
    )
    assert ours(steps + "pipeline p():\n" + "".join(f"    {line}\n" for line in body)) == expected
