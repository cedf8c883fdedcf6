"""Programs as text, emitted for Kubeflow and run on kfp.local."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mloc.driver import analyse
from mloc.driver import compile as compile_
from mloc.runner.jsons import Json
from mloc.runner.records import Records

PRELUDE = """mlp 1
step same(x: int) -> int:
    run inline \"\"\"
        return x
        \"\"\"

step echo(text: str) -> str:
    run inline \"\"\"
        return text
        \"\"\"

step note(text: str) -> (file: File[txt]):
    run shell \"\"\"
        printf '%s' "$text" > "$out_file"
        \"\"\"

step read(file: File[txt]) -> str:
    run shell \"\"\"
        cat "$file" > "$out"
        \"\"\"

"""


@dataclass(frozen=True)
class Ran:
    """A run on kfp.local: what the engine said, and what the runner recorded."""

    result: Mapping[str, Json]
    events: tuple[dict[str, Any], ...]

    @property
    def status(self) -> object:
        return self.result["status"]

    @property
    def outputs(self) -> dict[str, Any]:
        (found,) = (event["values"] for event in self.events if event["event"] == "outputs")
        return dict(found)

    def attempts(self, id_: str) -> list[str]:
        return [event["status"] for event in self.events if event["event"] == "attempt" and event["id"] == id_]


def files_of(source: str, folder: Path) -> dict[str, str | bytes]:
    """The bundle of the last pipeline of a program; `PRELUDE` stands before it."""
    path = folder / "program.mlp"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PRELUDE + source, encoding="utf-8")
    analysis = analyse(str(path))
    assert not analysis.has_errors, [f"{d.rule.code} {d.message}" for d in analysis.diagnostics]
    pipeline = analysis.pipelines[-1]
    artifacts = compile_(analysis, pipeline, "kfp").artifacts
    assert artifacts is not None
    return dict(artifacts)


def document(source: str, folder: Path) -> dict[str, Any]:
    """The PipelineSpec of a program."""
    (text,) = (content for name, content in files_of(source, folder).items() if name.endswith(".yaml"))
    found: dict[str, Any] = next(yaml.safe_load_all(text))
    return found


def run(source: str, folder: Path, params: Mapping[str, object] | None = None) -> Ran:
    """Run a program; `params` are values, or wire texts' JSON."""
    from mloc_kfp.launch import run as launch

    bundle = folder / "bundle"
    bundle.mkdir()
    for name, content in files_of(source, folder).items():
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    texts = {name: json.dumps(value, separators=(",", ":")) for name, value in (params or {}).items()}
    result = launch(bundle, texts, folder / "records", folder / "store")
    return Ran(result, tuple(Records(folder / "records").events()))
