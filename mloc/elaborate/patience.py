"""How the steps of handlers are run: not retried unless they say so, and better with a timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Edit, Fix
from mloc.diagnostics.rules import HANDLER_WITHOUT_TIMEOUT
from mloc.ir.handlers import Kind
from mloc.source import Span
from mloc.syntax import tree as t

if TYPE_CHECKING:
    from mloc.elaborate.attributes import Leaves
    from mloc.elaborate.declarations import FileScope

_WORDS: dict[Kind, str] = {"on_failure": "on failure", "finally": "finally"}


def unless_said(defaults: Leaves) -> Leaves:
    """A file's defaults without retries: only what a step or its call says itself retries it in a handler."""
    return {path: value for path, value in defaults.items() if not path.startswith("retry.")}


def no_timeout(file: FileScope, statement: t.Bind, step: str, handler: Kind) -> None:
    """Report a call in a handler that may take for ever."""
    end = statement.span.end
    written = ", timeout(10min)" if statement.overrides else " with timeout(10min)"
    file.bag.report(
        HANDLER_WITHOUT_TIMEOUT,
        statement.value.span,
        f"step `{step}` has no timeout here, and a run does not end before its `{_WORDS[handler]}` has",
        label="may take for ever",
        help="give the step a `timeout`, or this call one: `with timeout(10min)`",
        fix=Fix("maybe-incorrect", (Edit(Span(statement.span.file, end, end), written),)),
    )
