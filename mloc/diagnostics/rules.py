"""Every rule, one table: the code is stable and never reused, the slug names it in words."""

from __future__ import annotations

from mloc.diagnostics.model import Rule, Severity

RULES: dict[str, Rule] = {}


def _rule(code: str, slug: str, summary: str) -> Rule:
    if code in RULES:
        raise AssertionError(f"{code} is declared twice")
    severity: Severity = {"E": "error", "W": "warning", "N": "note"}[code[0]]  # type: ignore[assignment]
    rule = Rule(code, slug, severity, summary)
    RULES[code] = rule
    return rule


# 06: the code behind a step
MODULE_NOT_FOUND = _rule("E0601", "module-not-found", "the Python module of a step is not in the project")
FUNCTION_NOT_FOUND = _rule("E0602", "function-not-found", "the Python function of a step is not in its module")
ARGUMENT_MISMATCH = _rule("E0603", "argument-mismatch", "a step's inputs do not fit its Python function's parameters")
UNANNOTATED_FUNCTION = _rule("W0604", "unannotated-function", "a step's Python function has no annotations to check")
KWARGS_HIDES_CHECK = _rule("W0605", "kwargs-hides-check", "`**kwargs` accepts every input, so names are not checked")
UNRESOLVED_ANNOTATION = _rule("W0606", "unresolved-annotation", "an annotation of a step's Python function cannot be resolved")
TUPLE_OUTPUTS = _rule("W0607", "tuple-outputs", "named outputs are returned as a tuple, by position")
RETURN_MISMATCH = _rule("E0608", "return-mismatch", "a step's Python function does not return its declared outputs")
UNKNOWN_DECORATOR = _rule("W0609", "unknown-decorator", "a decorator may change the function's signature")
DEFAULT_DIFFERS = _rule("W0610", "default-differs", "a step's default differs from its Python function's")
GENERATOR_FUNCTION = _rule("E0611", "generator-function", "a step's Python function is a generator")
PYTHON_SYNTAX = _rule("E0621", "python-module-syntax", "a step's Python module does not parse")
