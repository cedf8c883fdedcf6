"""What a diagnostic is: plain data, collected in a bag and rendered once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from mloc.frozen import dataclass, field
from mloc.source import Span

Severity: TypeAlias = Literal["error", "warning", "note"]
Applicability: TypeAlias = Literal["machine-applicable", "maybe-incorrect", "has-placeholders"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. Codes are stable and never reused; `slug` names it in words.

    One that is a matter of taste is told only to those who ask for it by its code.
    """

    code: str
    slug: str
    severity: Severity
    summary: str
    taste: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A place with what is to be said there; an empty message underlines only."""

    span: Span
    message: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    applicability: Applicability
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding: `message` stands alone (lower case, no period, code in backticks), the labels show where."""

    rule: Rule
    message: str
    primary: Label
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        return (self.primary.span.file, self.primary.span.start, self.primary.span.end, self.rule.code)


@dataclass(slots=True)
class Bag:
    """Collects diagnostics; the same finding at the same place is kept once."""

    _items: list[Diagnostic] = field(default_factory=list)
    _seen: set[tuple[str, Span, str]] = field(default_factory=set)

    def add(self, diagnostic: Diagnostic) -> None:
        key = (diagnostic.rule.code, diagnostic.primary.span, diagnostic.message)
        if key not in self._seen:
            self._seen.add(key)
            self._items.append(diagnostic)

    def report(
        self,
        rule: Rule,
        span: Span,
        message: str,
        *,
        label: str = "",
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: str | None = None,
        fix: Fix | None = None,
    ) -> None:
        """Add a diagnostic whose primary label is at `span`."""
        self.add(Diagnostic(rule, message, Label(span, label), secondary, notes, help, fix))

    @property
    def has_errors(self) -> bool:
        return any(d.rule.severity == "error" for d in self._items)

    def sorted(self) -> tuple[Diagnostic, ...]:
        return tuple(sorted(self._items, key=lambda d: d.sort_key))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
