"""What is known of a value before a run: the range or the choices its declaration allows, and what the conditions around rule out."""

from __future__ import annotations

from typing import TypeAlias, Union

from mloc.frozen import dataclass, replace
from mloc.source import Span
from mloc.syntax import tree as t

Known: TypeAlias = Union[int, float, str, bool]
NUMBERS = (int, float)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is known: `text` stands alone, `span` is where that is said, `chain` the `if` whose earlier arms say so.

    `learnt` of what a condition says, and not a declaration.
    """

    text: str
    span: Span | None = None
    chain: t.If | None = None
    learnt: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """What a value may be: `low` and `high` are inclusive unless open, `choices` None for any but `excluded`, `null` None for maybe.

    `nan` when it may also be no number, of which every order is false: so it is once a float was found not to be less.
    """

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    choices: frozenset[Known] | None = None
    excluded: frozenset[Known] = frozenset()
    null: bool | None = False
    nan: bool = False
    why: tuple[Reason, ...] = ()

    def possible(self) -> frozenset[Known] | None:
        """The values it may have, None when they are too many to list."""
        return None if self.choices is None else frozenset(v for v in self.choices - self.excluded if self._in_range(v))

    def _in_range(self, value: Known) -> bool:
        if isinstance(value, (str, bool)):
            return True
        over = self.low is None or value > self.low or (value == self.low and not self.low_open)
        under = self.high is None or value < self.high or (value == self.high and not self.high_open)
        return over and under

    def bounds(self) -> Fact:
        """The same with the range that its choices span."""
        listed = self.possible()
        if not listed or any(isinstance(v, (str, bool)) for v in listed):
            return self
        numbers = [v for v in listed if isinstance(v, NUMBERS)]
        return replace(self, low=min(numbers), high=max(numbers), low_open=False, high_open=False)

    def allows(self, value: Known) -> bool:
        listed = self.possible()
        return value not in self.excluded and self._in_range(value) and (listed is None or value in listed)


def only(value: Known) -> Fact:
    """The fact of a constant."""
    number = None if isinstance(value, (str, bool)) else value
    return Fact(number, number, choices=frozenset({value}))


def equal(a: Fact, b: Fact) -> bool | None:
    """Whether two values are equal; None when that is not known."""
    if a.null is True and b.null is True:
        return True
    if a.null is not False and b.null is not False:
        return None
    if a.null is True or b.null is True:
        return False
    ours, theirs = a.possible(), b.possible()
    if ours is not None and theirs is not None:
        if not ours & theirs:
            return False
        if len(ours) == 1 and ours == theirs and a.null is False and b.null is False:
            return True
    if (ours is not None and not any(b.allows(v) for v in ours)) or (theirs is not None and not any(a.allows(v) for v in theirs)):
        return False
    return False if below(a, b, strictly=True) or below(b, a, strictly=True) else None


def below(a: Fact, b: Fact, *, strictly: bool) -> bool:
    """Whether every value of one is less than every value of the other (or equal, unless strictly)."""
    one, other = a.bounds(), b.bounds()
    if one.high is None or other.low is None:
        return False
    if one.high == other.low:
        return not strictly or one.high_open or other.low_open
    return one.high < other.low


def compared(op: str, a: Fact, b: Fact) -> bool | None:
    """What a comparison gives; None when that is not known."""
    if op in ("==", "!="):
        same = equal(a, b)
        return same if same is None or op == "==" else not same
    if a.null is not False or b.null is not False:
        return None
    less, more = (a, b) if op in ("<", "<=") else (b, a)
    if below(less, more, strictly=op in ("<", ">")):
        return None if a.nan or b.nan else True
    return False if below(more, less, strictly=op in ("<=", ">=")) else None


def narrowed(fact: Fact, op: str, value: Known, reason: Reason, *, whole: bool) -> Fact:
    """The fact once `value op` a constant is known to hold; `whole` for a value that is a whole number."""
    why = (*fact.why, reason)
    null = fact.null if op == "!=" else False
    if op == "==":
        number = None if isinstance(value, (str, bool)) else value
        return Fact(number, number, choices=frozenset({value}), why=why)
    if op == "!=":
        return replace(fact, excluded=fact.excluded | {value}, null=null, why=why)
    if isinstance(value, (str, bool)):
        return replace(fact, null=null)
    step = 1 if whole and isinstance(value, int) else 0
    open_ = op in ("<", ">") and not step
    if op in ("<", "<="):
        limit = value - step if op == "<" else value
        if fact.high is not None and fact.high <= limit:
            return replace(fact, null=null)
        return replace(fact, high=limit, high_open=open_, null=null, why=why)
    limit = value + step if op == ">" else value
    if fact.low is not None and fact.low >= limit:
        return replace(fact, null=null)
    return replace(fact, low=limit, low_open=open_, null=null, why=why)
