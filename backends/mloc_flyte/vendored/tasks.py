"""What the tasks of an emitted Flyte module do: hand their values to the runner, as wire text, and give its answers back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile

from mloc.runner.api import Program, Records, Spill, StepFailed, Store, gather, load_program, run_unit, store_from_environment
from mloc.runner.jsons import Json, as_array, as_text, canonical, parse
from mloc.runner.program import Unit
from mloc.runner.scalars import Value, datetime_text, float_wire
from mloc.runner.store import FOLDER_VARIABLE, file_path
from mloc.runner.types import ListOf, MapOf, Optional, Scalar, Type, parse_type
from mloc.runner.units import output_names
from mloc.runner.values import decode_text
from mloc_flyte.vendored.board import BOARD, ERROR, Board, is_of_handler, noted
from mloc_flyte.vendored.lenient import OK, STATE, failure_of, handed_on, has_failed, judged, text_of, whole
from mloc_flyte.vendored.run_values import known_when_due, launch
from mloc_flyte.vendored.store import FlyteStore

__all__ = [
    "close",
    "decide",
    "hand_on",
    "have_failed",
    "items",
    "launch",
    "merge",
    "note",
    "outputs",
    "parameters",
    "run",
    "run_for_item",
    "scheduled",
    "text",
    "tolerate",
]

# A task's literals are read and written whole, by services that take a few megabytes; what a loop yields is one of many.
_MOST, _MOST_OF_MANY = 1 << 20, 64 << 10

_HERE = Path(__file__).parent

# A value is its wire text; what a fan-out collected is the texts of its items.
Texts = Mapping[str, "str | list[str]"]


@cache
def _program() -> Program:
    return load_program(_HERE / "program.json")


def _store() -> Store:
    return store_from_environment() if os.environ.get(FOLDER_VARIABLE) else FlyteStore()


def _spill(unit: str, store: Store) -> Spill | None:
    """Where values go that are too large for a literal. The pipeline's results are Flyte's own values, and stay what they are."""
    most = _MOST_OF_MANY if unit.endswith(".yield") else _MOST
    return None if unit == "$outputs" else Spill(store, most, "a literal of Flyte")


def _outcome(unit: str, captures: Texts, tolerated: bool) -> dict[str, str]:
    """What a unit gives. Where failures are tolerated one is no failure of the task's, but stands in place of every output."""
    if not tolerated:
        return _run(unit, captures)
    said = handed_on(captures)
    if said is None:
        try:
            # What gives nothing says that all went well.
            return _run(unit, captures, tolerated=True) or {STATE[1:]: OK}
        except StepFailed as failure:
            _show(f"failed: {failure}")
            said = text_of(failure)
    program = _program()
    return dict.fromkeys(output_names(program, program.unit(unit)) or [STATE[1:]], said)


def _run(unit: str, captures: Texts, *, tolerated: bool = False) -> dict[str, str]:
    program = _program()
    texts = _texts(captures)
    place = texts.pop(BOARD, None)
    board = None if place is None else Board(place)
    is_handler = is_of_handler(program.unit(unit))
    if board is not None and is_handler:
        texts |= _found(program.unit(unit), texts, board)
    store = _store()
    try:
        found = run_unit(
            program,
            unit,
            texts,
            store=store,
            spill=_spill(unit, store),
            records=Records.from_environment(),
            code=[str(_HERE / "code")],
            # Flyte takes the branches itself, so a unit that runs is not to be skipped.
            guards=False,
            on_log=_show,
        )
    except StepFailed as failure:
        if board is not None and not is_handler and not tolerated:
            board.note_failure(failure)
        raise
    outputs = {name: found[name] for name in output_names(program, program.unit(unit))}
    if board is not None and not is_handler:
        board.note({key: text for name, text in outputs.items() if (key := f"{unit}.{name}") in noted(program)})
    return outputs


def _texts(captures: Texts) -> dict[str, str]:
    """The captures of a unit: not what its task only waits for."""
    return {key: gather(value) if isinstance(value, list) else value for key, value in captures.items() if not key.endswith(STATE)}


def _found(unit: Unit, given: Mapping[str, str], board: Board) -> dict[str, str]:
    """What a unit of a handler reads of the body; what the run did not come to is left out, and null."""
    wanted = [key for key in unit.captures if key not in given]
    found = {key: board.first_error() if key == ERROR else board.find(key) for key in wanted}
    return {key: text for key, text in found.items() if text is not None}


def note(captures: Texts) -> None:
    """Note what a branch or fan-out gives for the handlers of the run."""
    texts = _texts(captures)
    Board(texts.pop(BOARD)).note(texts)


def _show(line: str) -> None:
    print(line, flush=True)


def run(unit: str, captures: Texts, *, tolerated: bool = False) -> tuple[str, ...]:
    """Run a unit; the wire texts of its outputs, in their order."""
    return tuple(_outcome(unit, captures, tolerated).values())


def run_for_item(units: Sequence[str], captures: Texts, *, tolerated: bool = False) -> str:
    """Run the units of one item of a fan-out, each seeing what those before it gave; the first output of the last, or "" for none."""
    failed = handed_on({key: value for key, value in captures.items() if _program().is_item(key)}) if tolerated else None
    if failed is not None:
        return whole(failed)
    known = dict(captures)
    outputs: dict[str, str] = {}
    for unit in units:
        outputs = _outcome(unit, known, tolerated)
        known.update({f"{unit}.{name}": text for name, text in outputs.items()})
    return next(iter(outputs.values()), "")


def decide(branch: str, captures: Texts, *, tolerated: bool = False) -> str:
    """The label of the arm that a branch takes."""
    arm = _outcome(branch, captures, tolerated)["arm"]
    return arm if has_failed(arm) else as_text(parse(arm), "an arm")


def merge(unit: str, arm: str, names: Sequence[str], captures: Texts, *, tolerated: bool = False) -> tuple[str, ...]:
    """The values that an arm gives to these of the names bound in several arms."""
    branch = as_text(_program().unit(unit).body.get("branch"), "a branch")
    found = _outcome(unit, {f"{branch}.arm": canonical(arm), **captures}, tolerated)
    return tuple(found[name] for name in names)


def items(fan_out: str, captures: Texts, *, tolerated: bool = False) -> list[str]:
    """The items of a fan-out, each with its place."""
    found = _outcome(fan_out, captures, tolerated)["items"]
    return [whole(found)] if has_failed(found) else [as_text(item, "an item") for item in as_array(parse(found), "items")]


def have_failed(items: Sequence[str]) -> bool:
    """Whether the items of a fan-out are not to be had, so that it gives what stands in their place."""
    return any(map(has_failed, items))


def close(captures: Texts) -> str:
    """What a region gives that has no value: null, or what failed first in it."""
    return handed_on(captures) or OK


def hand_on(failed: str, count: int) -> tuple[str, ...]:
    """What a branch gives that was not reached."""
    return (failed,) * count


def tolerate(fan_out: str, results: list[str], board: str | None = None, *, tolerated: bool = False) -> list[str]:
    """What a fan-out gives: null for the items whose failure it tolerates. Raises StepFailed when there are more."""
    found = judged(_program(), fan_out, results)
    if isinstance(found, list):
        return found
    if tolerated:
        return [found]
    failure, at = failure_of(found)
    if board is not None:
        Board(board).note_failure(failure, at)
    raise failure


def text(value: Json) -> str:
    """The canonical JSON text of a value that is on the wire already."""
    return canonical(value)


def parameters(values: Mapping[str, object], json: Sequence[str] = ()) -> tuple[str, ...]:
    """Check the pipeline's parameters; those named in `json` came as JSON text, the others as Flyte's own types."""
    types = _declared("$parameters", "parameters")
    texts: dict[str, str] = {}
    for name, value in values.items():
        as_is = name in json and isinstance(value, str)
        texts[f"${name}"] = str(value) if as_is else canonical(_wire(value, types[name]))
    return run("$parameters", texts)


def outputs(captures: Texts, json: Sequence[str] = ()) -> tuple[object, ...]:
    """The pipeline's results; those named in `json` as JSON text, the others as Flyte's own types."""
    types = _declared("$outputs", "values")
    found = _run("$outputs", captures)
    return tuple(text if name in json else _from_wire(parse_type(types[name]), text, name) for name, text in found.items())


def scheduled(unit: str, kickoff: datetime, names: Sequence[str], json: Sequence[str] = ()) -> tuple[object, ...]:
    """These of the parameters that a schedule gives to a run that is due; those named in `json` as JSON text."""
    types = _declared(unit, "values")
    found = _run(unit, known_when_due(kickoff))
    return tuple(found[name] if name in json else _from_wire(parse_type(types[name]), found[name], name) for name in names)


def _declared(unit: str, field: str) -> dict[str, Json]:
    entries = [as_array(entry, "an entry") for entry in as_array(_program().unit(unit).body.get(field), field)]
    return {as_text(entry[0], "a name"): entry[1] for entry in entries}


def _wire(value: object, type_: Json) -> Json:
    """What Flyte gave for a parameter, on the wire. The runner checks it against the declared type."""
    if isinstance(value, (FlyteFile, FlyteDirectory)):
        return _store().put(Path(value.download()), type_)
    if isinstance(value, list):
        return [_wire(item, type_) for item in value]
    if isinstance(value, dict):
        return {key: _wire(item, type_) for key, item in value.items()}
    return _scalar_wire(value)


def _scalar_wire(value: object) -> Json:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else f"i:{value}"
    if isinstance(value, float):
        return float_wire(value)
    if isinstance(value, timedelta):
        return _milliseconds(value)
    if isinstance(value, datetime):
        return datetime_text(value if value.tzinfo else value.replace(tzinfo=timezone.utc))  # noqa: UP017 - bundles also run on Python 3.10
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} is not a value that this pipeline takes")


def _milliseconds(value: timedelta) -> int:
    whole, rest = divmod(value, timedelta(milliseconds=1))
    if rest:
        raise ValueError(f"the duration {value} is finer than milliseconds")
    return whole


def _from_wire(type_: Type, text: str, name: str) -> object:
    return _natural(type_, decode_text(type_, text, name))


def _natural(type_: Type, value: Value) -> object:
    if value is None:
        return None
    if isinstance(type_, Optional):
        return _natural(type_.item, value)
    if isinstance(type_, ListOf) and isinstance(value, list):
        return [_natural(type_.item, item) for item in value]
    if isinstance(type_, MapOf) and isinstance(value, dict):
        return {key: _natural(type_.value, item) for key, item in value.items()}
    if isinstance(type_, Scalar):
        return timedelta(milliseconds=value) if type_.name == "duration" and isinstance(value, int) else value
    return _flyte_file(str(value["uri"])) if isinstance(value, dict) else value


def _flyte_file(uri: str) -> FlyteFile:
    # flytekit's local run does not find a file:// URI again that a task has given.
    return FlyteFile(str(file_path(uri)) if uri.startswith("file:") else uri)
