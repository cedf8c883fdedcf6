"""A step's secrets: found where they are, given to its process alone, and kept out of all that is written down."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from .failures import StepFailed
from .jsons import Json, as_array, as_object, as_text
from .program import Program, Unit

PREFIX = "MLOC_SECRET_"
"""Variables of this name and a secret's, in capitals, give secrets to a launch from outside."""
MASK = "***"
_SHORTEST_MASKED = 6
_SHORTEST_REFUSED = 8
"""A shorter value may stand in an output by chance."""


def variable_of(secret: str) -> str:
    """The variable of the launching environment that a secret is looked for in first."""
    return PREFIX + secret.upper()


def find(program: Program, unit: Unit, given: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that hold the secrets of a step. Raises StepFailed for a secret that is not to be had."""
    wanted = as_object(unit.settings.get("secrets", {}), "the secrets of a unit")
    return {variable: _value(program, unit, as_text(name, "a secret"), variable, given) for variable, name in wanted.items()}


def on_this_machine(program: Program) -> dict[str, str]:
    """The values of all secrets of a program, by name. Raises MissingSecret for the first that is not to be had."""
    return {name: os.environ.get(variable_of(name)) or read(name, source) for name, source in program.secrets.items()}


def _value(program: Program, unit: Unit, name: str, variable: str, given: Mapping[str, str]) -> str:
    for found in (given.get(name), os.environ.get(variable_of(name))):
        if found is not None:
            return found
    source = program.secrets.get(name)
    if source is not None and as_array(source, "a source")[0] not in ("env", "file") and variable in os.environ:
        # The engine put it there; where a source can be asked, a variable of this name may be another's.
        return os.environ[variable]
    try:
        return read(name, source)
    except MissingSecret as missing:
        raise StepFailed("secret", str(missing), unit.line) from None


class MissingSecret(Exception):
    """A secret that is not to be had here; the message says where it was looked for."""


def read(name: str, source: Json) -> str:
    """The value of a secret from its source (`[kind, arguments]`, null when it has none here). Raises MissingSecret."""
    offer = f"set {variable_of(name)}"
    if source is None:
        raise MissingSecret(f"the secret `{name}` has no source here; {offer}")
    kind, arguments = as_array(source, "a source")
    words = as_object(arguments, "the arguments of a source")
    if kind == "env":
        variable = as_text(words["variable"], "a variable")
        if variable in os.environ:
            return os.environ[variable]
        raise MissingSecret(f"the secret `{name}` comes from the environment variable {variable}, which is not set; set it, or {offer}")
    if kind == "file":
        path = as_text(words["path"], "a path")
        try:
            return Path(path).read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise MissingSecret(f"the secret `{name}` comes from the file {path}, which cannot be read: {reason}") from None
    raise MissingSecret(f"the secret `{name}` comes from {kind}, which cannot be asked here; {offer}")


class Mask:
    """Puts `***` in place of secrets, also as JSON, a URL or base64 writes them, and line by line."""

    def __init__(self, values: Sequence[str]) -> None:
        self._refused = tuple(value for value in values if len(value) >= _SHORTEST_REFUSED)
        forms = {form for value in values for part in (value, *value.splitlines()) for form in _forms(part)}
        self._forms = sorted((form for form in forms if len(form) >= _SHORTEST_MASKED), key=lambda form: (-len(form), form))
        self._bytes = [form.encode("utf-8", "surrogateescape") for form in self._forms]

    def __bool__(self) -> bool:
        return bool(self._forms)

    def text(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MASK)
        return text

    def data(self, data: bytes) -> bytes:
        for form in self._bytes:
            data = data.replace(form, MASK.encode())
        return data

    def held_by(self, wire: Json) -> bool:
        """Whether a value holds a secret as it is."""
        if isinstance(wire, str):
            return any(value in wire for value in self._refused)
        if isinstance(wire, dict):
            return any(self.held_by(part) for pair in wire.items() for part in pair)
        return isinstance(wire, list) and any(self.held_by(part) for part in wire)


def _forms(value: str) -> tuple[str, ...]:
    data = value.encode("utf-8", "surrogateescape")
    return (value, json.dumps(value)[1:-1], quote(data, safe=""), base64.b64encode(data).decode())
