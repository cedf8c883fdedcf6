"""How a unit fails: the kinds of failure, and the exceptions that carry them to the caller."""

from __future__ import annotations

from collections.abc import Collection

from .jsons import Json

KINDS = ("exception", "timeout", "oom", "killed", "contract", "domain", "decoding", "expression", "store", "require", "secret", "cancelled")

# What a retry's `on` must name for a kind to be tried again; kinds that are not here never are.
_RETRIED_AS = {
    "exception": ("exception",),
    "timeout": ("timeout",),
    "oom": ("oom",),
    "killed": ("exception", "preempted"),
    "store": ("exception",),
}


class ExpressionError(Exception):
    """An expression without a value: division by zero, an absent key, an overflow. The message says what and stands alone."""


class StepFailed(Exception):
    """A unit failed for good.

    `kind` is one of KINDS, `message` is for the user, `line` the line in the program (None when unknown),
    `attempts` how many attempts were made (0 when the code was never started), `log_tail` the last lines the step printed.
    `retryable` says whether another attempt would be made by the unit's `retry.on`: with `retries=False` an engine asks this.
    `run_unit` sets the `file` that `line` is in, `where`, the unit with the place of its call: `trials[3].fit (churn.mlp:41)`, and `step`,
    `trials[3].fit`, when it is one.
    """

    def __init__(
        self, kind: str, message: str, line: int | None = None, attempts: int = 0, log_tail: str = "", retryable: bool = False
    ) -> None:
        super().__init__(kind, message, line, attempts, log_tail, retryable)
        self.kind = kind
        self.message = message
        self.line = line
        self.attempts = attempts
        self.log_tail = log_tail
        self.retryable = retryable
        self.file = ""
        self.where = ""
        self.step: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}: {self.message}" if self.where else f"{self.kind}: {self.message}"


def run_error(failure: StepFailed) -> dict[str, Json]:
    """A failure as handlers see it in `run.error`: the step, None when it was none, the message and the line."""
    return {"step": failure.step, "message": failure.message, "line": failure.line}


def is_retried(kind: str, on: Collection[str]) -> bool:
    """Whether a failure of this kind is tried again by a retry that names these kinds."""
    return any(name in on for name in _RETRIED_AS.get(kind, ()))
