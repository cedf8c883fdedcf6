"""Timeouts, retries, schedules, paths and effects: what is told of them, and what is left alone."""

from __future__ import annotations

import pytest

from tests.lint.programs import codes

OURS = frozenset("W0319 W0320 W0640 W0641 W0709 W0724 W0725 W0726 W0801 W0806 W1008 W1015 W1016 W1017 W1018 W1019 W1020 W1021".split())
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
        (step("timeout 30min", "retry 3", options="    options:\n        timeout 1h\n"), ["W0725"]),
        (step("timeout 15min", "retry 3", options="    options:\n        timeout 1h\n"), []),
        (step("timeout 30min", options="    options:\n        timeout 1h\n"), []),
        (step("resources memory=4MB"), ["W0709"]),
        (step("resources memory=64MiB"), []),
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


@pytest.mark.parametrize(
    ("cron", "zone", "expected"),
    [
        ("0 7 * * *", "EST", ["W1018"]),
        ("0 7 * * *", "Etc/GMT+5", ["W1018"]),
        ("0 7 * * *", "Etc/GMT", []),
        ("0 7 * * *", "America/New_York", []),
        ("0 7 * * *", "America/Phoenix", []),
        ("30 1 * * *", "America/New_York", ["W1019"]),
        ("30 1 * * *", "Europe/London", []),
        ("30 2 * * *", "Europe/Paris", []),
        ("30 1 1 6 *", "America/New_York", []),
        ("30 1 * * *", "UTC", []),
    ],
)
def test_zones(cron: str, zone: str, expected: list[str]) -> None:
    """In London and Paris the same hour is left out in spring, which is told already (W1007)."""
    assert ours(step() + f'\nschedule s for p:\n    cron "{cron}", timezone="{zone}"\n') == expected


@pytest.mark.parametrize(
    ("signature", "given", "args", "catchup", "expected"),
    [
        ("day: date", "day", 'day=date("2024-01-01")', "true", ["W1020"]),
        ("day: date", "day", 'day=date("2024-01-01")', "false", []),
        ("day: date", "day", "day=run.scheduled_date", "true", []),
        ("", "run.today", "", "true", ["W1020"]),
        ("", "run.scheduled_date", "", "true", []),
    ],
)
def test_runs_that_are_made_up_for(signature: str, given: str, args: str, catchup: str, expected: list[str]) -> None:
    program = f'step f(day: date):\n    run inline "print(day)"\n\npipeline p({signature}):\n    f(day={given})\n'
    schedule = f'\nschedule s for p:\n    cron "0 4 * * *", timezone="UTC"\n    start date("2026-01-01")\n    catchup {catchup}\n'
    assert ours(program + schedule + (f"    args {args}\n" if args else "")) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [("2026-02-01", "2026-12-01", ["W1021"]), ("2026-02-01", "2027-12-01", []), ("2025-12-31", "2026-01-02", [])],
)
def test_schedules_that_end_before_they_run(start: str, end: str, expected: list[str]) -> None:
    schedule = f'\nschedule s for p:\n    cron "0 7 1 1 *", timezone="UTC"\n    start date("{start}")\n    end date("{end}")\n'
    assert ours(step() + schedule) == expected


@pytest.mark.parametrize(
    ("script", "attributes", "expected"),
    [
        ("date > x", ("cache",), ["W0801"]),
        ("echo $(date +%F) > x", ("cache",), ["W0801"]),
        ("date > x", ("cache ttl=1d",), []),
        ("date -d 2024-01-01 > x", ("cache",), []),
        ("echo $RANDOM > x", ("cache ttl=1d",), ["W0801"]),
        ("shuf a > x", ("cache",), ["W0801"]),
        ("curl -f u > x", ("cache",), ["W0801"]),
        ("curl -f u > x", ("cache", "effects reads"), []),
        ("git clone u", ("cache",), ["W0801"]),
        ("# date\nupdate --date 3 > x", ("cache",), []),
        ("date > x", (), []),
        ("psql -c 'insert into t values (1)'", ("retry 3",), ["W0806"]),
        ("psql -c 'insert into t values (1) on conflict do nothing'", ("retry 3",), []),
        ("psql -c 'insert into t values (1)'", ("retry 3", "idempotent"), []),
        ("psql -c 'insert into t values (1)'", (), []),
        ("curl -f -X POST u -d 1", ("retry 3",), ["W0806"]),
        ("curl -f u", ("retry 3",), []),
        ("echo 1 >> /mnt/log", ("retry 3",), ["W0806"]),
        ("echo 1 >> log", ("retry 3",), []),
    ],
)
def test_scripts(script: str, attributes: tuple[str, ...], expected: list[str]) -> None:
    lines = "".join(f"        {line}\n" for line in script.split("\n"))
    assert ours(step(*attributes, run=f'run shell """\n{lines}        """')) == expected


GATED = """step train() -> (model: File, auc: float):
    run shell "fit $out_model $out_auc"

step NAME(model: File):
    run shell "ship $model"
    effects writes

pipeline p():
    fitted = train()
"""


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [
        ("deploy", ("deploy(model=fitted.model)", 'require fitted.auc > 0.8, "no"'), ["W0320"]),
        ("deploy", ('require fitted.auc > 0.8, "no"', "deploy(model=fitted.model)"), []),
        ("archive", ("archive(model=fitted.model)", 'require fitted.auc > 0.8, "no"'), []),
        ("deploy", ("other = train()", "deploy(model=other.model)", 'require fitted.auc > 0.8, "no"'), []),
        ("deploy", ("deploy(model=fitted.model)",), []),
    ],
)
def test_gates(name: str, lines: tuple[str, ...], expected: list[str]) -> None:
    assert ours(GATED.replace("NAME", name) + "".join(f"    {line}\n" for line in lines)) == expected
