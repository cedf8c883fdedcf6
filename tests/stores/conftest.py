"""A server for all tests of a process, a bucket for each, and the variables by which it is found."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mloc.runner import remote
from tests.stores.server import Server, running

pytest.importorskip("s3fs")


@dataclass(frozen=True)
class Bucket:
    """A bucket of a test's own, and a store in it."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return f"s3://{self.name}/team"

    @property
    def keys(self) -> list[str]:
        """The keys below the store."""
        return [key.removeprefix("team/") for key in self.server.keys(self.name)]

    def put(self, key: str, data: bytes) -> str:
        """Put a file beside the store; gives its URL."""
        self.server.put(self.name, key, data)
        return f"s3://{self.name}/{key}"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials of whoever runs the tests, and no connection of another test's."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FSSPEC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setattr(remote, "_known", {})


@pytest.fixture
def bucket(server: Server, clean: None, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    found = Bucket(server, f"test-{uuid.uuid4().hex[:12]}")
    server.make(found.name)
    return found
