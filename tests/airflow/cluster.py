"""A cluster of one machine: what Kubernetes' API answers to the KubernetesPodOperator, with pods that are processes of this machine.

Each pod is held against Kubernetes' own schema, and sees of its volume what it mounts: nothing else is a cluster here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import kubernetes_validate

VERSION = "1.37"
_NOW = "2026-01-31T06:00:00Z"

Pod = dict[str, Any]


def validate(pod: Pod) -> None:
    """Raise ValidationError for what Kubernetes would refuse, unknown fields included."""
    kubernetes_validate.validate(pod, VERSION, strict=True)


class Cluster:
    """The pods of a cluster, and those that were deleted."""

    def __init__(self) -> None:
        self.pods: dict[str, Pod] = {}
        self.made: list[Pod] = []
        self.refused: list[str] = []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: dict[str, Path] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="mloc-cluster-"))

    def start(self, pod: Pod) -> Pod:
        validate(pod)
        self.made.append(json.loads(json.dumps(pod)))
        name = pod["metadata"]["name"]
        (container,) = pod["spec"]["containers"]
        env = {each["name"]: _expanded(each.get("value", "")) for each in container.get("env", [])}
        line = [_expanded(word) for word in (*container.get("command", ()), *container.get("args", ()))]
        self._logs[name] = self._folder / name
        with self._logs[name].open("wb") as log:
            place = container["workingDir"]
            self._processes[name] = subprocess.Popen(
                line, env={"PATH": os.defpath, **env}, cwd=place, stdout=log, stderr=log, start_new_session=True
            )
        self.pods[name] = pod
        return self.read(name)

    def read(self, name: str) -> Pod:
        pod, code = self.pods[name], self._processes[name].poll()
        state: Pod = {"running": {"startedAt": _NOW}}
        if code is not None:
            state = {"terminated": {"exitCode": code if code >= 0 else 128 - code, "startedAt": _NOW, "finishedAt": _NOW}}
        phase = "Running" if code is None else "Failed" if code else "Succeeded"
        own = {"name": "base", "ready": code is None, "restartCount": 0, "image": "", "imageID": "", "started": True, "state": state}
        return pod | {"status": {"phase": phase, "startTime": _NOW, "containerStatuses": [own]}}

    def log(self, name: str) -> bytes:
        self._processes[name].wait()
        return b"".join(b"2026-01-31T06:00:00.000000000Z " + line for line in self._logs[name].read_bytes().splitlines(keepends=True))

    def delete(self, name: str) -> Pod:
        self._processes[name].kill()
        self._processes[name].wait()
        return self.pods.pop(name)


def _expanded(text: str) -> str:
    """What Kubernetes makes of a word: `$$` is a dollar, and `$(NAME)` of a variable that there is not stays."""
    assert not re.search(r"(?<!\$)(\$\$)*\$\(", text), f"Kubernetes would replace a variable in {text}"
    return text.replace("$$", "$")


@contextmanager
def running() -> Iterator[tuple[Cluster, str]]:
    """A cluster, and its connection as Airflow finds it in the environment."""
    cluster = Cluster()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, found: object, status: int = 200) -> None:
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain" if isinstance(found, bytes) else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError):
                self.wfile.write(body)

        def _body(self) -> Pod:
            found: Pod = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            return found

        def _name(self) -> str:
            return urlparse(self.path).path.split("/pods/")[1].split("/")[0]

        def do_GET(self) -> None:
            path = urlparse(self.path).path
            if path.endswith("/pods"):
                self._answer(
                    {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [cluster.read(name) for name in cluster.pods]}
                )
            elif path.endswith("/log"):
                self._answer(cluster.log(self._name()))
            elif "/pods/" in path and self._name() in cluster.pods:
                self._answer(cluster.read(self._name()))
            elif path.endswith("/events"):
                self._answer({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": []})
            else:
                self._answer({"kind": "Status", "code": 404, "reason": "NotFound"}, 404)

        def do_POST(self) -> None:
            try:
                self._answer(cluster.start(self._body()), 201)
            except Exception as error:
                cluster.refused.append(str(error))
                self._answer({"kind": "Status", "code": 422, "reason": "Invalid", "message": str(error)}, 422)

        def do_PATCH(self) -> None:
            cluster.pods[self._name()]["metadata"].setdefault("labels", {}).update(self._body().get("metadata", {}).get("labels", {}))
            self._answer(cluster.read(self._name()))

        def do_DELETE(self) -> None:
            self._body()
            self._answer(cluster.delete(self._name()) if self._name() in cluster.pods else {}, 200)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield cluster, connection(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        for name in [*cluster.pods]:
            cluster.delete(name)


def connection(port: int) -> str:
    named = {"name": "here", "cluster": {"server": f"http://127.0.0.1:{port}"}}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [named],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
    }
    return json.dumps({"conn_type": "kubernetes", "extra": {"kube_config": json.dumps(config)}})
