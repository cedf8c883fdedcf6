"""How a constant of another type is written as one of the type that is wanted: a quoted number, a member as a text, a bare ratio."""

from __future__ import annotations

import json
from datetime import date, datetime

from mloc.diagnostics.model import Edit, Fix
from mloc.diagnostics.suggest import suggest
from mloc.elaborate.literals import read_quantity
from mloc.frozen import dataclass
from mloc.ir.model import Const, Expr
from mloc.source import Span
from mloc.types.model import (
    BOOL,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INT,
    NULL,
    RATIO,
    STR,
    Enum,
    ListOf,
    MapOf,
    Scalar,
    Type,
    is_artifact,
)
from mloc.types.show import show


@dataclass(frozen=True, slots=True)
class Meant:
    """What to say, and the text that says it; no text where a person must choose, and not `sure` where one should look."""

    help: str
    text: str | None = None
    sure: bool = True

    def fix(self, span: Span) -> Fix | None:
        """The correction of what stands at `span`."""
        return None if self.text is None else Fix("machine-applicable" if self.sure else "maybe-incorrect", (Edit(span, self.text),))


def meant(value: Expr, wanted: Type) -> Meant | None:
    """What the author of a value most likely meant, None when nothing is likely."""
    if not isinstance(value, Const):
        return None
    if value.type == NULL:
        return Meant(f"declare it `{show(wanted)}?` if it may be null")
    if value.type == STR:
        return _of_text(str(json.loads(value.text)), wanted)
    if value.type == INT and wanted == BOOL and value.text in ("0", "1"):
        text = "true" if value.text == "1" else "false"
        return Meant(f"a flag is written `{text}`", text)
    if value.type == FLOAT and wanted == INT and value.text.endswith(".0"):
        text = value.text.removesuffix(".0")
        return Meant(f"write `{text}`", text) if text.lstrip("-").isdigit() else None
    return _of_number(value, wanted)


def _of_number(value: Const, wanted: Type) -> Meant | None:
    if value.type not in (INT, FLOAT) or value.text.startswith('"'):
        return None
    if wanted == RATIO:
        return Meant(f"write it in percent: `{float(value.text) * 100:g}pct`")
    examples = {BYTES: "`4GiB`, `500MB`", DURATION: "`30min`, `10s`"}
    if isinstance(wanted, Scalar) and wanted in examples:
        return Meant(f"write it with its unit: {examples[wanted]}")
    return Meant(f'write `"{value.text}"`', f'"{value.text}"') if wanted == STR else None


def _of_text(text: str, wanted: Type) -> Meant | None:
    match wanted:
        case Enum(name=name, members=members):
            near = text if text in members else suggest(text, members)
            if near is None:
                return Meant(f"its members are {', '.join(f'`{name}.{member}`' for member in members[:8])}")
            # The enum may have another name where this stands, or none.
            return Meant(f"write the member without quotes: `{name}.{near}`", f"{name}.{near}", sure=False)
        case ListOf():
            return Meant("a text is never read as a list; write the list itself: `[…]`")
        case MapOf():
            return Meant('a text is never read as a map; write the map itself: `{"key": …}`')
        case Scalar():
            return _of_scalar(text, wanted)
        case _ if is_artifact(wanted):
            return Meant("a text is never read as a path; let a step make it, or take it as a parameter of the pipeline")
        case _:
            return None


def _of_scalar(text: str, wanted: Scalar) -> Meant | None:
    written = None
    if wanted == BOOL and text.lower() in ("true", "false"):
        written = text.lower()
    elif wanted in (INT, FLOAT) and _is_number(text, wanted):
        written = text.strip()
    elif wanted in (BYTES, DURATION, RATIO):
        written = read_quantity(text, wanted)
    elif wanted in (DATE, DATETIME) and _is_time(text, wanted):
        return Meant(f'write `{wanted.name}("{text}")`', f'{wanted.name}("{text}")')
    if written is not None:
        return Meant(f"write it without quotes: `{written}`", written)
    if wanted in (INT, FLOAT):
        return Meant("a text is never read as a number; make it one in a step, or let the type be optional and the value `null`")
    return None


def _is_number(text: str, wanted: Scalar) -> bool:
    plain = text.strip().removeprefix("-")
    return plain.isdecimal() or (wanted == FLOAT and plain.count(".") == 1 and plain.replace(".", "").isdecimal() and plain[0] != ".")


def _is_time(text: str, wanted: Scalar) -> bool:
    try:
        if wanted == DATE:
            return date.fromisoformat(text).isoformat() == text
        return datetime.fromisoformat(text).utcoffset() is not None
    except ValueError:
        return False
