"""What every finding about a step's Python function says alike."""

from __future__ import annotations

from mloc.diagnostics.model import Bag, Label, Rule
from mloc.frozen import dataclass
from mloc.source import Span
from mloc.types.python.annotations import Resolver
from mloc.types.python.lookup import Function
from mloc.types.signature import Signature


@dataclass(frozen=True, slots=True)
class Step:
    """A step with the function found for it; `written` is `module:function` as the program has it."""

    signature: Signature
    written: str
    function: Function
    run_span: Span
    resolver: Resolver
    bag: Bag

    def report(self, rule: Rule, span: Span, message: str, *, label: str, also: tuple[Label, ...] = (), help: str | None = None) -> None:
        """Report with a note of where the function is and how it is declared."""
        note = f"{self.function.place}: `{self.function.text}`"
        self.bag.report(rule, span, message, label=label, secondary=also, notes=(note,), help=help)


def reported(bag: Bag, rule: Rule, message: str) -> bool:
    """Whether the same was said elsewhere: for what is one mistake, though many steps meet it."""
    return any(found.rule is rule and found.message == message for found in bag)


def spoken(annotation: str) -> str:
    """An annotation inside a sentence: in backticks when it is code rather than a list of words."""
    return annotation if ", or " in annotation or annotation.startswith("an ") else f"`{annotation}`"
