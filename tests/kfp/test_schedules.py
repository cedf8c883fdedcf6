"""Schedules become recurring runs that Kubeflow's API has fields for, and what it cannot do with them is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_
from mloc.runner.types import parse_type
from mloc_kfp.recurring import utc_cron
from mloc_kfp.vendored.natural import OF_SCHEDULE, PREFIX, to_natural, to_wire
from tests.kfp.emitted import files_of, run

STEP = """
step say(n: int, day: date) -> (n: int, day: date):
    run inline "return {'n': n, 'day': day}"

pipeline daily(day: date, n: int = 1, names: list[str] = []) -> (x: int, day: date, names: list[str]):
    made = say(n=n, day=day)
    return x=made.n, day=made.day, names=names

"""
NIGHTLY = """## Every night.
schedule nightly for daily:
    cron "30 3 * * 5-7"
    overlap queue
    start date("2026-01-31")
    end datetime("2026-12-31T06:00:00Z")
    args day=run.scheduled_date, n=3, names=["a", "mloc-schedule:b"]

schedule often for daily:
    cron "*/10 * * * *"
    overlap allow
    catchup true
    args day=date("2026-01-01")
"""


def test_definitions(tmp_path: Path) -> None:
    found = files_of(STEP + NIGHTLY, tmp_path)
    assert sorted(found) == ["create_schedules.py", "daily.yaml", "schedules/nightly.json", "schedules/often.json"]
    assert json.loads(found["schedules/nightly.json"]) == {
        "display_name": "daily: nightly",
        "description": "Every night.",
        "max_concurrency": "1",
        "no_catchup": True,
        "mode": "ENABLE",
        "trigger": {
            "cron_schedule": {"cron": "0 30 3 * * 0,5,6", "start_time": "2026-01-30T23:59:59Z", "end_time": "2026-12-31T05:59:59Z"}
        },
        "runtime_config": {"parameters": {"day": "mloc-schedule:nightly", "n": "3", "names": ["a", f'{PREFIX}"mloc-schedule:b"']}},
    }
    often = json.loads(found["schedules/often.json"])
    assert (often["max_concurrency"], often["no_catchup"], "description" in often) == ("10", False, False)
    assert often["trigger"] == {"cron_schedule": {"cron": "0 */10 * * * *"}}
    assert files_of(STEP, tmp_path / "plain").keys() == {"daily.yaml"}


@pytest.mark.parametrize(
    ("cron", "zone", "wanted"),
    [
        ("30 3 * * *", "UTC", "0 30 3 * * *"),
        ("0 0 * * 7", "Etc/UTC", "0 0 0 * * 0"),
        ("0 0 */2 * 1", "UTC", f"0 0 0 {','.join(map(str, range(1, 32, 2)))} * 1"),
        ("15 8,20 1 6 *", "Etc/GMT-5", "0 15 3,15 1 6 *"),
        ("15 20 * * 1-5", "Etc/GMT+5", "0 15 1 * * 2,3,4,5,6"),
        ("0 2 * * 0", "Etc/GMT-5", "0 0 21 * * 6"),
        ("0 1,12 * * *", "Etc/GMT-5", "0 0 7,20 * * *"),
        ("5 * * * *", "Etc/GMT-5", "0 5 * * * *"),
        ("0 1,12 * * 1", "Etc/GMT-5", None),
        ("0 2 1 * *", "Etc/GMT-5", None),
        ("0 2 * * *", "Europe/Paris", None),
    ],
)
def test_crons(cron: str, zone: str, wanted: str | None) -> None:
    assert utc_cron(cron, zone) == wanted


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("overlap queue", None),
        ("overlap skip", "as soon as the run before it has ended"),
        ('overlap queue\n    cron "0 2 * * *", timezone="Europe/Paris"', "no single cron of UTC"),
        ('overlap queue\n    cron "0 9 * * *", timezone="Etc/GMT-5"', "the day of a run is that of UTC"),
        ('overlap queue\n    args day=run.today, n=1 if run.id == "x" else 2, names=[run.id]', "this parameter is a LIST of Kubeflow's"),
        ('overlap queue\n\ntarget kfp:\n    version "2.16"', "Kubeflow 2.16 does not say it, 2.17 and later do"),
    ],
)
def test_what_is_refused(schedule: str, said: str | None, tmp_path: Path) -> None:
    given = "" if "cron" in schedule else '\n    cron "0 2 * * *"'
    args = "" if "args" in schedule else "\n    args day=run.scheduled_date"
    path = tmp_path / "p.mlp"
    path.write_text(f"mlp 1\n{STEP}schedule s for daily:{given}{args}\n    {schedule}\n", encoding="utf-8")
    analysis = analyse(str(path))
    assert not [each for each in analysis.diagnostics if each.rule.severity == "error"]
    found = [each.message for each in compile_(analysis, analysis.pipelines[-1], "kfp").diagnostics if each.rule.code == "E1120"]
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_a_text_that_looks_like_a_schedule_is_itself() -> None:
    text = parse_type("str")
    natural = to_natural(text, "STRING", f'"{OF_SCHEDULE}x"')
    assert not str(natural).startswith(OF_SCHEDULE)
    assert to_wire(text, natural) == f"{OF_SCHEDULE}x"


@pytest.mark.engine
def test_the_run_computes_what_asks_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the API server starts it: with the parameters of the definition, which are no values of the program's."""
    monkeypatch.setattr("mloc_kfp.launch.to_natural", lambda type_, kind, text: json.loads(text))
    found = run(STEP + NIGHTLY, tmp_path, {"day": f"{OF_SCHEDULE}nightly", "n": 3})
    assert found.status == "succeeded", found.result
    assert found.outputs == {"x": 3, "day": datetime.now(UTC).date().isoformat(), "names": []}


@pytest.mark.engine
def test_they_are_created_by_the_sdk(tmp_path: Path) -> None:
    """The program of the bundle, Kubeflow's client and its model of a recurring run, with a server that keeps what it is sent."""
    import kfp_server_api as api

    for name, content in files_of(STEP + NIGHTLY, tmp_path / "source").items():
        file = tmp_path / "bundle" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with _server() as (host, kept):
        for _ in range(2):
            command = [sys.executable, str(tmp_path / "bundle" / "create_schedules.py"), "--host", host]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    assert kept.uploaded == ["pipeline", "version"]
    created = [run["display_name"] for run in kept.posted]
    assert created == ["daily: nightly", "daily: often"] * 2
    # The second time a new version takes the place of the first.
    assert kept.deleted == ["r1", "r2"]
    for number, sent in enumerate(kept.posted):
        name = sent["display_name"].removeprefix("daily: ")
        wanted = json.loads((tmp_path / "bundle" / "schedules" / f"{name}.json").read_text(encoding="utf-8"))
        assert sent["pipeline_version_reference"] == {"pipeline_id": "p", "pipeline_version_id": "v1" if number < 2 else "v2"}
        assert {key: sent[key] for key in wanted if key != "max_concurrency"} == {
            key: value for key, value in wanted.items() if key != "max_concurrency"
        }
        assert str(sent["max_concurrency"]) == wanted["max_concurrency"]
        assert set(sent) <= set(api.V2beta1RecurringRun.openapi_types)


class _Kept:
    def __init__(self) -> None:
        self.uploaded: list[str] = []
        self.posted: list[dict[str, Any]] = []
        self.deleted: list[str] = []


@contextmanager
def _server() -> Iterator[tuple[str, _Kept]]:
    """As much of Kubeflow's API as creating a schedule asks for."""
    kept = _Kept()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlparse(self.path).path.removeprefix("/apis/v2beta1/")
            there = [{**run, "recurring_run_id": f"r{at}"} for at, run in enumerate(kept.posted, 1) if f"r{at}" not in kept.deleted]
            answers: dict[str, object] = {
                "pipelines": {"pipelines": [{"pipeline_id": "p", "display_name": "daily"}]} if kept.uploaded else {},
                "pipelines/p/versions": {"pipeline_versions": [{"pipeline_version_id": "v1", "pipeline_id": "p"}]},
                "experiments": {"experiments": [{"experiment_id": "e", "display_name": "Default"}]},
                "recurringruns": {"recurringRuns": there},
            }
            self._answer(answers.get(path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = urlparse(self.path).path.removeprefix("/apis/v2beta1/")
            if path == "recurringruns":
                kept.posted.append(json.loads(body))
                self._answer({**kept.posted[-1], "recurring_run_id": f"r{len(kept.posted)}"})
            elif path == "pipelines/upload":
                kept.uploaded.append("pipeline")
                self._answer({"pipeline_id": "p", "display_name": "daily"})
            elif path == "pipelines/upload_version":
                kept.uploaded.append("version")
                self._answer({"pipeline_id": "p", "pipeline_version_id": "v2"})
            else:
                self._answer({})

        def do_DELETE(self) -> None:
            kept.deleted.append(self.path.rpartition("/")[2])
            self._answer({})

        def _answer(self, document: object) -> None:
            data = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", kept
    finally:
        server.shutdown()
        thread.join()
