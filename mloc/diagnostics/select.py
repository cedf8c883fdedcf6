"""Which warnings are reported, and which of them count as errors."""

from __future__ import annotations

from collections.abc import Iterable

from mloc.diagnostics.model import Diagnostic, Rule
from mloc.frozen import dataclass, replace


@dataclass(frozen=True, slots=True)
class Policy:
    """What a project wants to hear: prefixes of codes, `W04` for all of a group.

    `select` None means every warning. A rule of taste is reported only when `select` or `deny` names its whole code.
    `strict` asks that every suppression says why. Errors are always reported.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    strict: bool = False

    def merged(self, more: Policy) -> Policy:
        """This policy with a nearer one on top: its `select` replaces this one's, everything else adds to it."""
        select = self.select if more.select is None else more.select
        return Policy(select, self.ignore + more.ignore, self.deny + more.deny, self.strict or more.strict)


EVERYTHING = Policy()
"""What is heard without a project that says otherwise."""


def selected(diagnostics: Iterable[Diagnostic], policy: Policy) -> tuple[Diagnostic, ...]:
    """The findings that the policy lets through, the denied ones as errors."""
    return tuple(_judged(d, policy) for d in diagnostics if d.rule.severity == "error" or _wanted(d.rule, policy))


def _wanted(rule: Rule, policy: Policy) -> bool:
    """The longer prefix wins, and `ignore` among equals: `select = ["W0401"]` takes one out of `ignore = ["W04"]`."""
    code = rule.code
    if rule.taste and code not in (policy.select or ()) and code not in policy.deny:
        return False
    ignored = _length(code, policy.ignore)
    chosen = 0 if policy.select is None else _length(code, policy.select)
    return chosen is not None and (ignored is None or chosen > ignored)


def _judged(diagnostic: Diagnostic, policy: Policy) -> Diagnostic:
    if diagnostic.rule.severity == "error" or _length(diagnostic.rule.code, policy.deny) is None:
        return diagnostic
    return replace(diagnostic, rule=replace(diagnostic.rule, severity="error"))


def _length(code: str, prefixes: Iterable[str]) -> int | None:
    """The length of the longest of the prefixes that the code begins with; None when there is none."""
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=None)
