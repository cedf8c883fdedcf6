"""What the examples compile to: `golden/<target>/<example>/`, without the code that is copied into a bundle as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mloc import driver
from mloc.backend import Artifacts
from tests.conftest import Golden

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "golden"
TARGETS = ("airflow", "flyte", "kfp")
EXAMPLES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("examples/*/*.mlp"))
# The last line of the packed code may be short.
_RUNNER = re.compile(rb"^( *(?:from|import)) (?:mloc\.|\.+)runner\b\.?", re.MULTILINE)
_ADAPTER = re.compile(rb"^( *from) (?:mloc_flyte\.vendored\.|\.)(?=\w)", re.MULTILINE)
PACKED = re.compile(r"(?:^ *[A-Za-z0-9+/=]{40,}\n){3,}(?:^ *[A-Za-z0-9+/=]+\n)?", re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("target", TARGETS)
def test_bundle(target: str, example: str, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    analysis = driver.analyse(example)
    (pipeline,) = analysis.pipelines
    artifacts = driver.compile(analysis, pipeline, target).artifacts
    assert artifacts is not None
    golden.check_folder(FOLDER / target / Path(example).stem, shown(artifacts))


def test_no_orphans() -> None:
    for target in TARGETS:
        assert {path.name for path in (FOLDER / target).iterdir()} == {Path(example).stem for example in EXAMPLES}


def shown(artifacts: Artifacts) -> dict[str, str]:
    """The files that are made, code packed into them left out, and a list of all; copies of our own files stand in the list alone."""
    originals = {_unplaced(path.read_bytes()): path.relative_to(ROOT).as_posix() for path in sources()}
    found: dict[str, str] = {}
    listed: list[str] = []
    for path, content in sorted(artifacts.items()):
        data = content.encode() if isinstance(content, str) else content
        original = originals.get(_unplaced(data)) if data else None
        if original is not None:
            listed.append(f"{path} = {original}")
            continue
        listed.append(path)
        found[path] = PACKED.sub("<packed code>\n", data.decode())
    return {**found, "files.txt": "\n".join(listed) + "\n"}


def _unplaced(data: bytes) -> bytes:
    """A file without the places of the runner and of the adapter, which a copy imports from beside it."""
    return _ADAPTER.sub(rb"\1 adapter.", _RUNNER.sub(rb"\1 runner.", data))


def sources() -> list[Path]:
    return [path for folder in ("mloc", "backends", "examples") for path in sorted((ROOT / folder).rglob("*.py"))]
