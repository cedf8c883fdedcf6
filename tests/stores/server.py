"""An S3 server of this machine: moto's, in a process of its own, which speaks to the libraries as any other does."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import socket
from urllib.parse import quote

KEY, SECRET = "AKIATESTTESTTESTTEST", "wJalrXUtnFEMIsecretsecretsecretsecret0000"
_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server, and the variables by which its clients find it."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def make(self, bucket: str) -> None:
        self._ask("PUT", bucket, b"")

    def keys(self, bucket: str) -> list[str]:
        """The keys of all objects."""
        said = self._ask("GET", f"{bucket}?list-type=2").decode()
        return [part.partition("</Key>")[0] for part in said.split("<Key>")[1:]]

    def content(self, bucket: str, key: str) -> bytes:
        return self._ask("GET", f"{bucket}/{key}")

    def put(self, bucket: str, key: str, data: bytes) -> None:
        self._ask("PUT", f"{bucket}/{key}", data)

    def delete(self, bucket: str, key: str) -> None:
        self._ask("DELETE", f"{bucket}/{key}")

    def uploads(self, bucket: str) -> int:
        """How many uploads in parts were begun and not ended."""
        return self._ask("GET", f"{bucket}?uploads").decode().count("<UploadId>")

    def _ask(self, method: str, path: str, data: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"{self.url}/{quote(path, safe='/?=&')}", method=method, data=data)
        request.add_header("Content-Type", "application/octet-stream")
        request.add_header("Authorization", f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/s3/aws4_request")
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            found: bytes = answer.read()
        return found


@contextmanager
def running(**variables: str) -> Iterator[Server]:
    """A server for as long as it is used."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env={"PATH": "/usr/bin:/bin", **variables}, **quiet) as process:
        try:
            server = Server(f"http://127.0.0.1:{port}")
            _wait(server, process)
            yield server
        finally:
            process.terminate()


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(_SECONDS * 10):
        if process.poll() is not None:
            raise RuntimeError(f"moto's server ended with exit code {process.returncode}")
        try:
            with urllib.request.urlopen(f"{server.url}/moto-api/data.json", timeout=_SECONDS) as answer:
                json.load(answer)
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise RuntimeError(f"moto's server did not answer in {_SECONDS} s")
