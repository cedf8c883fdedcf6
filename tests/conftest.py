"""For every test: golden files, compared and rewritten by `pytest --update-golden`; and what is left out where there is no Docker."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from tests.docker.daemon import missing


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files instead of comparing with them")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is refused in CI: golden files are changed on purpose and reviewed")


def _without_docker(config: pytest.Config) -> str | None:
    """Why the tests that need Docker are left out; None when they are not, or when they are asked for, and may fail."""
    return None if "docker" in config.option.markexpr else missing()


def pytest_report_header(config: pytest.Config) -> list[str]:
    why = _without_docker(config)
    return [] if why is None else [f"without the tests of real containers (`make test-docker`): {why}"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if _without_docker(config) is None:
        return
    left_out = [item for item in items if item.get_closest_marker("docker") is not None]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


class Golden:
    """Compares texts with files, or rewrites the files."""

    def __init__(self, update: bool) -> None:
        self.update = update

    def check(self, path: Path, text: str) -> None:
        """Fail with a unified diff unless the file holds the text; a file that is not there fails too."""
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.exists():
            pytest.fail(f"{path} is missing; `pytest --update-golden` writes it", pytrace=False)
        expected = path.read_text(encoding="utf-8")
        if expected != text:
            lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), str(path), "what it is now", lineterm="", n=5)
            pytest.fail("\n".join([*lines, "", "if the change is meant: pytest --update-golden"]), pytrace=False)

    def check_folder(self, folder: Path, texts: dict[str, str]) -> None:
        """The same for every file below a folder; a file that stands for no text is an orphan and fails."""
        orphans = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - texts.keys()
        if orphans and not self.update:
            pytest.fail(f"nothing makes these files of {folder}: {', '.join(sorted(orphans))}", pytrace=False)
        for orphan in orphans:
            (folder / orphan).unlink()
        for name, text in texts.items():
            self.check(folder / name, text)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(bool(request.config.getoption("--update-golden")))
