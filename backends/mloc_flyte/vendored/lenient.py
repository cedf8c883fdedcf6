"""Failures as values: how tasks hand on what failed where Flyte must not see a failure, because a fan-out tolerates some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mloc.runner.failures import StepFailed
from mloc.runner.jsons import Json, as_array, as_object, as_text, canonical, parse
from mloc.runner.program import Program
from mloc.runner.records import now
from mloc.runner.tolerance import tolerates

# What is given for an output when its task could not make it; no JSON text begins so.
FAILED = "failed:"
# The same for the items of a fan-out: not one of them failed, but all that it is made of.
WHOLE = "failed:all:"

# How the keys end by which a task is given what it only waits for.
STATE = ".after$"

OK = "null"

Texts = Mapping[str, "str | list[str]"]


def has_failed(text: str) -> bool:
    """Whether this was given in place of a value."""
    return text.startswith(FAILED)


def text_of(failure: StepFailed) -> str:
    """A failure in place of a value."""
    said = {"kind": failure.kind, "message": failure.message, "line": failure.line, "file": failure.file, "where": failure.where}
    return FAILED + canonical({"at": now(), **said, "step": failure.step})


def handed_on(captures: Texts) -> str | None:
    """What failed first of all that a task depends on; None when nothing did."""
    texts = [text for value in captures.values() for text in ([value] if isinstance(value, str) else value)]
    return first(text for text in texts if has_failed(text))


def first(failures: Iterable[str]) -> str | None:
    """The first in time."""
    plain = [FAILED + text.removeprefix(WHOLE).removeprefix(FAILED) for text in failures]
    return min(plain, key=_time, default=None)


def whole(text: str) -> str:
    """A failure in place of all items of a fan-out."""
    return WHOLE + text.removeprefix(FAILED)


def judged(program: Program, fan_out: str, texts: Sequence[str]) -> list[str] | str:
    """What a fan-out gives, with null for the items whose failure is tolerated; when there are more, what failed first."""
    failures = [text for text in texts if has_failed(text)]
    kind, amount = (as_text(word, "a tolerance") for word in as_array(program.unit(fan_out).body.get("tolerate"), "what is tolerated"))
    is_whole = any(text.startswith(WHOLE) for text in failures)
    if not is_whole and tolerates(kind, amount, len(failures), len(texts)):
        return [OK if has_failed(text) else text for text in texts]
    if not is_whole:
        share = " percent" if kind == "percent" else ""
        print(f"{len(failures)} of {len(texts)} items of `{fan_out}` failed, where {amount}{share} may", flush=True)
    return first(failures) or OK


def failure_of(text: str) -> tuple[StepFailed, str]:
    """What stands in place of a value, as a failure again, and when it was."""
    told = _told(text)
    line = told["line"]
    failure = StepFailed(str(told["kind"]), str(told["message"]), line if isinstance(line, int) else None)
    failure.file, failure.where = str(told["file"]), str(told["where"])
    failure.step = None if told["step"] is None else str(told["step"])
    return failure, str(told["at"])


def _told(text: str) -> Mapping[str, Json]:
    return as_object(parse(text.removeprefix(FAILED)), "a failure")


def _time(text: str) -> str:
    return str(_told(text)["at"])
