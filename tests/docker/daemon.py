"""A Docker for the tests: the one that is there, or one that is started for them and ended with them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

# What of a kernel without modules and without rights over its firewall does not do: no container of the tests needs a network.
_OPTIONS = ("--iptables=false", "--ip6tables=false", "--bridge=none")
_START_SECONDS = 60


class DockerUnavailable(Exception):
    """No Docker is to be had; the message says why."""


@cache
def missing() -> str | None:
    """Why no Docker can be had on this machine; None when one answers, or can be started."""
    if shutil.which("docker") is None:
        return "`docker` is not on PATH"
    why = _silence(os.environ.get("DOCKER_HOST"))
    if why is None:
        return None
    if shutil.which("dockerd") is None:
        return f"no Docker answers ({why}), and there is no `dockerd` to start one"
    if os.geteuid() != 0:
        return f"no Docker answers ({why}), and only root can start one"
    return None


@contextmanager
def running() -> Iterator[str | None]:
    """The address of a Docker, None for the usual one, until the end. Raises DockerUnavailable."""
    why = missing()
    if why is not None:
        raise DockerUnavailable(why)
    if _silence(os.environ.get("DOCKER_HOST")) is None:
        yield os.environ.get("DOCKER_HOST")
        return
    with tempfile.TemporaryDirectory(prefix="mloc-docker-", ignore_cleanup_errors=True) as folder:
        process = _start(Path(folder))
        try:
            yield _answering(process, Path(folder))
        finally:
            _end(process)


def _silence(host: str | None) -> str | None:
    """Why Docker does not answer at an address; None when it does."""
    where = [] if host is None else ["--host", host]
    try:
        line = ["docker", *where, "info", "--format", "{{.ServerVersion}}"]
        said = subprocess.run(line, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if said.returncode == 0 and said.stdout.strip() else (said.stderr.strip().splitlines() or ["it says nothing"])[-1]


def _start(folder: Path) -> subprocess.Popen[bytes]:
    places = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
    with Path(folder, "log").open("wb") as log:
        # In a group of its own, so that Ctrl-C ends the tests first.
        return subprocess.Popen(
            ["dockerd", *places, "--host", f"unix://{folder}/socket", *_OPTIONS], stdout=log, stderr=log, start_new_session=True
        )


def _answering(process: subprocess.Popen[bytes], folder: Path) -> str:
    host, end = f"unix://{folder}/socket", time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if Path(folder, "socket").exists() and _silence(host) is None:
            return host
        time.sleep(0.2)
    tail = "\n".join(Path(folder, "log").read_text(errors="replace").splitlines()[-10:])
    raise DockerUnavailable(f"dockerd does not come up:\n{tail}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let it end its containers and unmount what it mounted."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
