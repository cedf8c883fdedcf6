"""A real Airflow on this machine: api-server, scheduler and dag-processor over SQLite, driven through its REST interface."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mloc.local.report import report
from mloc.runner.jsons import Json, canonical
from mloc.runner.records import now
from mloc_airflow.launch import airflow_version
from mloc_airflow.launch_home import migrated_database, settings
from tests.airflow.running import Compiled

START_SECONDS = 120
RUN_SECONDS = 600


class ApiError(Exception):
    """An answer with another status than 2xx."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text[:2000]}")
        self.status = status
        self.text = text


@dataclass(frozen=True)
class Ended:
    """A run: its id, its state, of every task instance the state and the number of tries, the outputs, and when it was due."""

    run_id: str
    state: str
    tasks: Mapping[tuple[str, int], tuple[str, int]]
    outputs: Any
    due: str


class Airflow:
    """The services of one home, for the bundles that are in `dags` when they start."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.dags = home / "dags"
        self.records = home / "records"
        self._url = f"http://127.0.0.1:{port}"
        self._port = port
        self._processes: list[subprocess.Popen[bytes]] = []
        self._token = ""
        self.dags.mkdir(parents=True)

    def start(self) -> None:
        """Start the services and wait until they say that they are well."""
        shutil.copyfile(migrated_database(airflow_version()), self.home / "airflow.db")
        env = self._environment()
        for command in ("api-server --workers 1 --host 127.0.0.1", "scheduler", "dag-processor"):
            words = command.split()
            with (self.home / f"{words[0]}.log").open("wb") as log:
                arguments = [sys.executable, "-m", "airflow", *words, *(["--port", str(self._port)] if words[0] == "api-server" else [])]
                self._processes.append(subprocess.Popen(arguments, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True))
        self.wait("the services", START_SECONDS, self._is_well)
        self._token = self._call("GET", "/auth/token")["access_token"]

    def stop(self) -> None:
        for process in self._processes:
            _signal(process, signal.SIGTERM)
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(3)
            # Whatever is left of its session, too.
            _signal(process, signal.SIGKILL)
            process.wait()

    def run(self, dag: str, conf: Mapping[str, object] | None = None) -> Ended:
        """Launch a DAG and wait for its end. Raises ApiError when the launch is refused."""
        return self.ended(dag, self.launch(dag, conf))

    def ended(self, dag: str, run_id: str) -> Ended:
        """Wait for the end of a run."""
        place = f"/api/v2/dags/{dag}/dagRuns/{run_id}"
        self.wait(f"the run of {dag}", RUN_SECONDS, lambda: self._call("GET", place)["state"] in ("success", "failed"))
        instances: list[dict[str, Any]] = []
        # The API gives a hundred at most.
        while found := self._call("GET", f"{place}/taskInstances?limit=100&offset={len(instances)}")["task_instances"]:
            instances += found
        tasks = {(t["task_id"], t["map_index"]): (t["state"], t["try_number"]) for t in instances}
        run = self._call("GET", place)
        outputs = None
        if tasks.get(("outputs", -1), ("", 0))[0] == "success":
            texts = self._call("GET", f"{place}/taskInstances/outputs/xcomEntries/return_value")["value"]
            outputs = {name: json.loads(text) for name, text in texts.items()}
        return Ended(run_id, run["state"], tasks, outputs, run["run_after"])

    def report(self, program: Compiled, ended: Ended, params: Mapping[str, Json]) -> dict[str, Json]:
        """The report of a run by the records since the last launch."""
        return report(
            program.pipeline,
            self.records,
            engine=("airflow", "any"),
            status="succeeded" if ended.state == "success" else "failed",
            error=None,
            started=now(),
            finished=now(),
            run_id=ended.run_id,
            params={name: canonical(value) for name, value in params.items()},
        )

    def state(self, dag: str, run_id: str, task: str) -> str | None:
        """The state of a task."""
        found: str | None = self._call("GET", f"/api/v2/dags/{dag}/dagRuns/{run_id}/taskInstances/{task}")["state"]
        return found

    def start_by_itself(self, dag: str) -> None:
        """Let a DAG start as its schedule says."""
        self.wait(f"the DAG {dag}", START_SECONDS, lambda: self._knows(dag))
        self._pause(dag, False)

    def runs(self, dag: str) -> list[str]:
        """The ids of the runs of a DAG, the oldest first."""
        return [str(run["dag_run_id"]) for run in self._call("GET", f"/api/v2/dags/{dag}/dagRuns?order_by=id")["dag_runs"]]

    def first_run(self, dag: str) -> Ended:
        """Wait for a run that starts by itself, and let no other follow."""
        self.wait(f"a run of {dag}", RUN_SECONDS, lambda: bool(self.runs(dag)))
        ended = self.ended(dag, self.runs(dag)[0])
        self._pause(dag, True)
        return ended

    def _pause(self, dag: str, paused: bool) -> None:
        def is_done() -> bool:
            try:
                self._call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": paused})
            except ApiError as error:
                if "Database error" in error.text:
                    return False  # SQLite has one writer at a time
                raise
            return True

        self.wait(f"the switch of {dag}", 60, is_done)

    def launch(self, dag: str, conf: Mapping[str, object] | None = None, due: str | None = None) -> str:
        self.wait(f"the DAG {dag}", START_SECONDS, lambda: self._knows(dag))
        self._pause(dag, False)
        for event in self.records.glob("[0-9]*.json"):
            event.unlink()
        made = self._call("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": due, "conf": dict(conf or {})})
        return str(made["dag_run_id"])

    def end(self, dag: str, run_id: str) -> None:
        """End a run from outside, as the button for it does."""
        self._call("PATCH", f"/api/v2/dags/{dag}/dagRuns/{run_id}", {"state": "failed"})

    def errors(self) -> list[str]:
        """Why DAG files did not load."""
        return [error["stack_trace"] for error in self._call("GET", "/api/v2/importErrors")["import_errors"]]

    def _knows(self, dag: str) -> bool:
        assert self.errors() == []
        try:
            self._call("GET", f"/api/v2/dags/{dag}")
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _is_well(self) -> bool:
        ended = [process.args for process in self._processes if process.poll() is not None]
        assert not ended, f"{ended} ended; see {self.home}"
        try:
            health = self._call("GET", "/api/v2/monitor/health")
        except (OSError, ApiError):
            return False
        return all(health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor"))

    def wait(self, what: str, seconds: float, is_done: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while not is_done():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} took more than {seconds} s; the logs are in {self.home}")
            time.sleep(0.3)

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self._url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                answered: dict[str, Any] = json.loads(answer.read() or b"{}")
                return answered
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, error.read().decode("utf-8", "replace")) from None

    def _environment(self) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
        return {
            **outside,
            **settings(self.home),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self._url}/execution/",
            "AIRFLOW__API__BASE_URL": self._url,
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "MLOC_RECORDS": str(self.records),
            "MLOC_STORE": str(self.home / "store"),
        }


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


@contextmanager
def services(home: Path, bundles: Iterable[Compiled]) -> Iterator[Airflow]:
    """The services over a home and bundles, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    airflow = Airflow(home, port)
    for bundle in bundles:
        bundle.write(airflow.dags)
    try:
        airflow.start()
        yield airflow
    finally:
        airflow.stop()
