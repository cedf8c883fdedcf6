"""A bench for the runner: one-step programs, a store, records, and a folder of user code."""

from __future__ import annotations

import json
import textwrap
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mloc.runner import FileStore, Program, Records, StepFailed, run_unit
from mloc.runner.jsons import Json, canonical


def document(units: Mapping[str, Json], steps: Mapping[str, Json] | None = None) -> Json:
    """A program document around these units and steps."""
    return {
        "schema": "mloc-program/1",
        "mloc": "0",
        "pipeline": "p",
        "source": {"file": "flights.mlp", "sha256": ""},
        "steps": dict(steps or {}),
        "units": dict(units),
    }


@dataclass
class Bench:
    """Runs one step or unit at a time and keeps what it printed."""

    folder: Path
    logged: list[str] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.store = FileStore(self.folder / "store")
        self.records = Records(self.folder / "records")
        self.code = self.folder / "code"
        self.code.mkdir()

    def module(self, name: str, text: str) -> None:
        """Write a module of the user's."""
        path = self.code / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def step(
        self,
        run: Json,
        outputs: Mapping[str, Json] | Json = None,
        *,
        domain: Json = None,
        inputs: Mapping[str, tuple[Json, Json]] | None = None,
        retries: bool = True,
        on_log: Callable[[str], None] | None = None,
        **settings: Json,
    ) -> dict[str, Json]:
        """Run a step on inputs `{name: (TYPE, WIRE)}`; `outputs` is a TYPE or `{name: TYPE}` under the key "named". Gives wire values."""
        named = isinstance(outputs, dict) and "named" in outputs
        found = outputs["named"] if isinstance(outputs, dict) and "named" in outputs else {} if outputs is None else {"result": outputs}
        assert isinstance(found, dict)
        given = inputs or {}
        step: Json = {
            "inputs": [[name, type_, None, None] for name, (type_, _) in given.items()],
            "outputs": [[name, type_, domain] for name, type_ in found.items()],
            "named": named,
            "run": run,
        }
        unit: Json = {
            "kind": "step",
            "line": 7,
            "captures": [[f"${name}", type_] for name, (type_, _) in given.items()],
            "step": "s",
            "args": [[name, ["ref", type_, f"${name}"]] for name, (type_, _) in given.items()],
            "settings": settings,
            "guards": [],
        }
        texts = run_unit(
            Program(document({"s": unit}, {"s": step})),
            "s",
            {f"${name}": canonical(wire) for name, (_, wire) in given.items()},
            store=self.store,
            records=self.records,
            code=[str(self.code)],
            retries=retries,
            on_log=on_log or self.logged.append,
            cancel=self.cancel,
        )
        return {name: json.loads(text) for name, text in texts.items()}

    def inline(self, code: str, outputs: Json = None, *, line: int = 10, **more: object) -> dict[str, Json]:
        return self.step({"inline": textwrap.dedent(code), "line": line}, outputs, **more)  # type: ignore[arg-type]

    def shell(self, script: str, outputs: Json = None, *, line: int = 10, **more: object) -> dict[str, Json]:
        return self.step({"shell": textwrap.dedent(script), "line": line}, outputs, **more)  # type: ignore[arg-type]

    def python(self, place: str, outputs: Json = None, **more: object) -> dict[str, Json]:
        return self.step({"python": place}, outputs, **more)  # type: ignore[arg-type]

    def fails(self, run: Callable[[], object]) -> StepFailed:
        with pytest.raises(StepFailed) as caught:
            run()
        return caught.value

    def file(self, text: str, type_: Json = None) -> Json:
        """The descriptor of a file kept in the store."""
        path = self.folder / "given"
        path.write_text(text, encoding="utf-8")
        return self.store.put(path, type_ or {"file": None})

    def content(self, descriptor: Json) -> Path:
        """The path of a copy of an artifact."""
        assert isinstance(descriptor, dict)
        copies = self.folder / "copies"
        copies.mkdir(exist_ok=True)
        return self.store.get(descriptor, copies)
