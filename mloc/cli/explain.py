"""`mloc explain`: the page of a rule."""

from __future__ import annotations

from pathlib import Path

from mloc.cli.arguments import Explain
from mloc.cli.codes import OK, UsageError
from mloc.diagnostics.model import Rule
from mloc.diagnostics.rules import RULES
from mloc.diagnostics.suggest import suggest


def explain(command: Explain) -> int:
    if command.code is None:
        for rule in RULES.values():
            print(f"{rule.code}  {rule.slug:28}  {rule.summary}")
        return OK
    print((pages() / f"{_rule(command.code).code}.md").read_text(encoding="utf-8"), end="")
    return OK


def pages() -> Path:
    """The folder of the rules' pages: inside the package when installed, in the documentation of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "errors"
    return inside if inside.exists() else package.parent / "docs" / "errors"


def _rule(wanted: str) -> Rule:
    for rule in RULES.values():
        if wanted.upper() == rule.code or wanted.lower() == rule.slug:
            return rule
    near = suggest(wanted.upper(), RULES) or suggest(wanted.lower(), [rule.slug for rule in RULES.values()])
    hint = f"did you mean `{near}`?" if near else "`mloc explain` lists all of them"
    raise UsageError(f"there is no error `{wanted}`; {hint}")
