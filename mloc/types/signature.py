"""What a step or pipeline takes and gives, as its declaration says."""

from __future__ import annotations

from mloc.frozen import dataclass
from mloc.source import Span
from mloc.types.model import Domain, Type


@dataclass(frozen=True, slots=True)
class Input:
    """An input. `default` is canonical JSON text, None when required; `span` covers its name in the declaration."""

    name: str
    type: Type
    span: Span
    default: str | None = None
    domain: Domain | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """An output; an unnamed one is called `result`. `span` covers its name, or its type when unnamed."""

    name: str
    type: Type
    span: Span
    domain: Domain | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of a step or pipeline; `span` covers the declared name."""

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    named_outputs: bool
    span: Span
    doc: str = ""
