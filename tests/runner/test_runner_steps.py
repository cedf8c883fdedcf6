"""Steps in child processes: how they fail, are retried, timed out, cancelled and cleaned up after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from runner_bench import Bench, document

import mloc.runner
from mloc.runner import FileStore, Program, Records, run_unit, supervise
from mloc.runner.jsons import Json
from mloc.runner.program import Retry
from mloc.runner.steps import delay_seconds


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not a zombie waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(pid: int) -> bool:
    """Whether a process is gone within a few seconds."""
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def scratch_folders(bench: Bench) -> list[str]:
    return [path.name for path in (bench.folder / "tmp").iterdir()]


def test_an_inline_step_runs_and_is_recorded(bench: Bench) -> None:
    found = bench.inline("print('hello')\nreturn n + 1", "int", inputs={"n": ("int", 41)})
    assert found == {"result": 42}
    assert bench.logged == ["hello"]
    started, ended = bench.records.events()
    assert (started["event"], started["id"], started["attempt"]) == ("started", "s", 1)
    assert (ended["event"], ended["status"], ended["outputs"], ended["error"]) == ("attempt", "succeeded", {"result": 42}, None)
    assert Path(str(ended["log"])).read_text() == "hello\n"
    assert scratch_folders(bench) == []


def test_an_exception_names_the_line_of_the_program(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.inline('x = """a\n\nb"""\n\nraise ValueError("bad")', line=20))
    assert (failure.kind, failure.message, failure.line, failure.attempts) == ("exception", "ValueError: bad (flights.mlp:24)", 24, 1)
    assert 'File "flights.mlp", line 24' in failure.log_tail
    assert 'raise ValueError("bad")' in failure.log_tail
    assert "mloc/runner" not in failure.log_tail
    assert bench.records.events()[-1]["error"] == {"kind": "exception", "message": "ValueError: bad (flights.mlp:24)", "line": 24}


def test_the_strings_of_inline_code_are_not_indented(bench: Bench) -> None:
    assert bench.inline('return """a\n  b\n"""', "str") == {"result": "a\n  b\n"}


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("import sys; sys.exit()", "exception", "SystemExit: the step called sys.exit() instead of returning (flights.mlp:10)"),
        ("raise SystemExit(0)", "exception", "SystemExit: the step called sys.exit(0) instead of returning (flights.mlp:10)"),
        ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt (flights.mlp:10)"),
        ("import os; os._exit(0)", "exception", "the step's process ended with exit code 0 before the step returned"),
        ("import os; os._exit(3)", "exception", "the step's process ended with exit code 3 before the step returned"),
        ("import os; os.kill(os.getpid(), 11)", "killed", "the step's process was killed by SIGSEGV before the step returned"),
        ("import os; os.kill(os.getpid(), 9)", "oom", "most likely it ran out of memory"),
        ("import atexit, os; atexit.register(os._exit, 4)", "exception", "ended with exit code 4 after the step had returned"),
        ("yield 1", "contract", "the step's function is a generator; it must return its outputs"),
        ("raise ValueError('\\0\\ud800')", "exception", "ValueError: \\0\\ud800 (flights.mlp:10)"),
        (
            "class E(Exception):\n    def __str__(self): return 1 / 0\nraise E",
            "exception",
            "E: (its text cannot be shown: ZeroDivisionError)",
        ),
        ("def f(n): return f(n)\nf(1)", "exception", "RecursionError: maximum recursion depth exceeded"),
        ("import json\njson.loads('{')", "exception", "(flights.mlp:11)"),
        ("x = =", "contract", "flights.mlp:10: the inline code is not Python: invalid syntax"),
        (
            "import os\nif os.fork() == 0: raise ValueError\nos.wait()\nraise KeyError('parent')",
            "exception",
            "KeyError: 'parent' (flights.mlp:13)",
        ),
    ],
)
def test_bad_ends(bench: Bench, code: str, kind: str, message: str) -> None:
    failure = bench.fails(lambda: bench.inline(code))
    assert failure.kind == kind
    assert message in failure.message
    assert scratch_folders(bench) == []


def test_the_environment_is_clean(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("LANG", "C")
    code = "import os\nreturn {'names': sorted(os.environ), 'files': os.listdir(), 'path': os.environ['A']}"
    type_: Json = {
        "record": [["names", {"list": "str"}, None, None], ["files", {"list": "str"}, None, None], ["path", "str", None, None]],
        "name": "",
    }
    found = bench.inline(code, type_, env={"A": "$HOME 'x'"})
    assert found["result"] == {"names": ["A", "HOME", "LANG", "PATH"], "files": [], "path": "$HOME 'x'"}


def test_a_file_in_the_working_directory_shadows_no_module(bench: Bench) -> None:
    assert bench.inline("open('colorsys.py', 'w').write('1/0')\nimport colorsys\nreturn colorsys.__name__", "str") == {"result": "colorsys"}


RETRY: Json = {"count": 2, "backoff_ms": 100, "factor": 2.0, "max_delay_ms": None, "on": ["exception"]}


def test_an_exception_is_retried_with_backoff(bench: Bench) -> None:
    counter = bench.folder / "counter"
    code = f"""
        with open({str(counter)!r}, "a+") as file:
            file.write("x")
            file.seek(0)
            n = len(file.read())
        if n < 3:
            raise ValueError(n)
        return n
        """
    begun = time.monotonic()
    assert bench.inline(code, "int", retry=RETRY) == {"result": 3}
    assert time.monotonic() - begun >= 0.3
    assert [(e["attempt"], e["status"]) for e in bench.records.events() if e["event"] == "attempt"] == [
        (1, "failed"),
        (2, "failed"),
        (3, "succeeded"),
    ]


@pytest.mark.parametrize(
    ("code", "retry", "retries", "attempts", "retryable"),
    [
        ("raise ValueError", RETRY, True, 3, True),
        ("raise ValueError", RETRY, False, 1, True),
        ("raise ValueError", {**RETRY, "on": ["oom"]}, True, 1, False),  # type: ignore[dict-item]
        ("return 'x'", RETRY, True, 1, False),
        ("return 100", RETRY, True, 1, False),
    ],
)
def test_what_is_retried(bench: Bench, code: str, retry: dict[str, Json], retries: bool, attempts: int, retryable: bool) -> None:
    quick: Json = {**retry, "backoff_ms": 0}
    failure = bench.fails(lambda: bench.inline(code, "int", domain={"min": "0", "max": "9"}, retry=quick, retries=retries))
    assert (failure.attempts, failure.retryable) == (attempts, retryable)


def test_the_delays() -> None:
    retry = Retry(count=5, backoff_ms=1000, factor=2.0, max_delay_ms=5000)
    assert [delay_seconds(retry, attempt) for attempt in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, 5.0]
    assert delay_seconds(Retry(backoff_ms=1000, factor=1e300), 9) <= threading.TIMEOUT_MAX


def test_a_bad_argument_fails_before_the_code(bench: Bench) -> None:
    step: Json = {
        "inputs": [["n", "int", None, {"min": "1", "max": "5"}]],
        "outputs": [],
        "named": False,
        "run": {"inline": "print('ran')", "line": 1},
    }
    unit: Json = {
        "kind": "step",
        "line": 3,
        "captures": [["$n", "int"]],
        "step": "s",
        "args": [["n", ["ref", "int", "$n"]]],
        "settings": {},
        "guards": [],
    }
    program = Program(document({"s": unit}, {"s": step}))

    def run(text: str) -> dict[str, str]:
        return run_unit(program, "s", {"$n": text}, store=bench.store, records=bench.records, on_log=bench.logged.append)

    failures = [bench.fails(lambda text=text: run(text)) for text in ("9", "9.5")]  # type: ignore[misc]
    assert [(f.kind, f.message, f.line, f.attempts, f.retryable) for f in failures] == [
        ("domain", "`n`: 9 is outside 1..5", 3, 0, False),
        ("decoding", "`n`: expected int, not the float 9.5", 3, 0, False),
    ]
    assert bench.logged == []
    assert [event["event"] for event in bench.records.events()] == ["failed", "failed"]


def test_a_timeout_ends_the_whole_family(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "GRACE_SECONDS", 0.3)
    code = """
        import os, subprocess, sys, time
        stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
        inside = subprocess.Popen([sys.executable, "-c", stubborn])
        outside = subprocess.Popen([sys.executable, "-c", stubborn], start_new_session=True)
        # An orphan of another session, known by its working directory alone.
        orphan = subprocess.run(["sh", "-c", "setsid sleep 60 >/dev/null 2>&1 & echo $!"], capture_output=True, text=True).stdout
        time.sleep(0.3)
        print("pids", inside.pid, outside.pid, orphan.strip(), flush=True)
        time.sleep(60)
        """
    begun = time.monotonic()
    failure = bench.fails(lambda: bench.inline(code, timeout_ms=1500))
    assert (failure.kind, failure.message) == ("timeout", "the step ran longer than its timeout of 1.5 s")
    assert time.monotonic() - begun < 8
    (line,) = [line for line in bench.logged if line.startswith("pids")]
    assert all(wait_for_end(int(pid)) for pid in line.split()[1:])
    assert scratch_folders(bench) == []


def test_what_a_finished_step_left_running_is_ended(bench: Bench) -> None:
    code = "import subprocess\nreturn subprocess.Popen(['sleep', '60']).pid"
    begun = time.monotonic()
    pid = bench.inline(code, "int")["result"]
    assert time.monotonic() - begun < 5
    assert isinstance(pid, int)
    assert wait_for_end(pid)


def test_cancelling_is_quick_and_cleans_up(bench: Bench) -> None:
    def cancel(line: str) -> None:
        if line == "up":
            bench.cancel.set()

    code = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(60)"
    begun = time.monotonic()
    failure = bench.fails(lambda: bench.inline(code, retry=RETRY, on_log=cancel))
    assert (failure.kind, failure.attempts, failure.retryable) == ("cancelled", 1, False)
    assert time.monotonic() - begun < 6
    assert scratch_folders(bench) == []
    assert bench.fails(lambda: bench.inline("return")).message == "the run was cancelled before the step started"


def test_a_flood_of_output_is_not_held_in_memory(bench: Bench) -> None:
    seen: list[int] = []
    failure = bench.fails(
        lambda: bench.inline(
            "import sys\nfor _ in range(300): sys.stdout.write('x' * 100_000)\nprint()\nfor n in range(50): print(n)\nraise ValueError",
            on_log=lambda line: seen.append(len(line)),
        )
    )
    assert sum(seen) >= 30_000_000
    assert max(seen) <= 100_000
    assert len(failure.log_tail) < 100_000
    assert Path(str(bench.records.events()[-1]["log"])).stat().st_size >= 30_000_000


def test_odd_output_is_shown_as_text(bench: Bench) -> None:
    bench.inline("import os\nos.write(1, b'\\xff\\r\\n')\nos.write(2, b'no newline')")
    assert bench.logged == ["\ufffd", "no newline"]


def test_an_error_of_the_listener_is_raised(bench: Bench) -> None:
    def refuse(line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(RuntimeError, match="hello"):
        bench.inline("print('hello')\nprint('x' * 200_000)", on_log=refuse)
    assert scratch_folders(bench) == []


def test_a_folder_the_step_locked_is_deleted_too(bench: Bench) -> None:
    bench.inline("import os\nos.makedirs('a/b')\nos.chmod('a/b', 0)\nos.chmod('a', 0o500)")
    assert scratch_folders(bench) == []


def test_nothing_is_written_without_a_folder_for_records(tmp_path: Path) -> None:
    step: Json = {"inputs": [], "outputs": [], "named": False, "run": {"inline": "print(1)", "line": 1}}
    unit: Json = {"kind": "step", "line": 0, "captures": [], "step": "s", "args": [], "settings": {}, "guards": []}
    assert run_unit(Program(document({"s": unit}, {"s": step})), "s", {}, store=FileStore(tmp_path), records=Records(None)) == {}
    assert Records(None).events() == []


def test_a_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    code = f"""
        import json, sys
        from mloc.runner import FileStore, Program, Records, run_unit
        program = Program(json.loads(sys.argv[1]))
        run_unit(program, "s", {{}}, store=FileStore({str(tmp_path)!r}), records=Records(None), on_log=lambda line: print(line, flush=True))
        """
    body = "import os, subprocess, time\nprint(os.getpid(), subprocess.Popen(['sleep', '60']).pid)\ntime.sleep(60)"
    step: Json = {"inputs": [], "outputs": [], "named": False, "run": {"inline": body, "line": 1}}
    unit: Json = {"kind": "step", "line": 0, "captures": [], "step": "s", "args": [], "settings": {}, "guards": []}
    command = [sys.executable, "-c", textwrap.dedent(code), json.dumps(document({"s": unit}, {"s": step}))]
    parent = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(mloc.runner.__file__).parents[2], env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    assert len(pids) == 2
    assert all(wait_for_end(pid) for pid in pids)
    assert list(tmp_path.glob("mloc-*")) == []
