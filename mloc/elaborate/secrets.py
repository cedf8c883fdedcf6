"""Secrets: where they come from, which steps get them, and every place that they must not reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc import patterns
from mloc.diagnostics.model import Label
from mloc.diagnostics.rules import (
    BAD_ATTRIBUTE,
    BAD_ENVIRONMENT,
    BAD_SECRET_SOURCE,
    DUPLICATE,
    SECRET_FLOWS,
    UNDECLARED_SECRET,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.frozen import dataclass
from mloc.ir.model import Secret, SecretSource
from mloc.source import Span
from mloc.syntax import tree as t

if TYPE_CHECKING:
    from mloc.elaborate.attributes import AttributeReader, Leaves
    from mloc.elaborate.declarations import FileScope

EXAMPLE = "secrets API_TOKEN=token"
ENV_NAME = patterns.of(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_K8S_NAME = patterns.of(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z")
_K8S_KEY = patterns.of(r"[-._a-zA-Z0-9]+\Z")
KEPT = ("PATH", "HOME", "LANG")
"""Variables that the runner sets itself."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A place that secrets come from: the name of its one plain argument, its named ones, and how it is written."""

    plain: str
    named: tuple[str, ...]
    required: tuple[str, ...]
    example: str


KINDS = {
    "k8s": _Kind("name", ("key",), ("key",), 'k8s("hub-token", key="token")'),
    "env": _Kind("variable", (), (), 'env("HUB_TOKEN")'),
    "file": _Kind("path", (), (), 'file("/run/secrets/hub")'),
    "airflow": _Kind("connection", ("field",), (), 'airflow("hub", field="password")'),
    "flyte": _Kind("group", ("key",), ("key",), 'flyte("hub", key="token")'),
}


def secret(file: FileScope, declaration: t.SecretDef) -> Secret:
    """A declared secret with all its sources: its own, and those that the file's target blocks give."""
    name = declaration.name.text
    found = [] if (own := _source(file, declaration.source, None)) is None else [own]
    seen: dict[str, Span] = {}
    for target in file.module.declarations:
        for item in target.items if isinstance(target, t.TargetDef) else ():
            if not isinstance(item, t.SecretSource) or item.name.text != name or not isinstance(target, t.TargetDef):
                continue
            if target.name.text in seen:
                there = Label(seen[target.name.text], "first here")
                message = f"target `{target.name.text}` gives secret `{name}` two sources"
                file.bag.report(DUPLICATE, item.span, message, secondary=(there,))
                continue
            seen[target.name.text] = item.span
            source = _source(file, item.source, target.name.text)
            found += [] if source is None else [source]
    return Secret(name, tuple(found), declaration.name.span)


def targets(file: FileScope) -> None:
    """Report sources of secrets in target blocks for secrets that are not declared, or where they may not stand."""
    names = file.names_of(t.SecretDef)
    for target in file.module.declarations:
        for item in target.items if isinstance(target, t.TargetDef) else ():
            if not isinstance(item, t.SecretSource) or not isinstance(target, t.TargetDef):
                continue
            if target.pipeline is not None:
                help_ = f"move it to `target {target.name.text}:`, which is for the whole file"
                file.bag.report(BAD_ATTRIBUTE, item.span, "the source of a secret is the same for every pipeline", help=help_)
            elif item.name.text not in names and item.name.text not in file.poisoned:
                _undeclared(file, item.name, names)


def _undeclared(file: FileScope, name: t.Identifier, names: list[str]) -> None:
    near = suggest(name.text, names)
    help_ = f"did you mean `{near}`?" if near else f'declare it: `secret {name.text} from k8s("name", key="key")`'
    fix = correction(name.span, name.text, names)
    file.bag.report(UNDECLARED_SECRET, name.span, f"there is no secret `{name.text}`", help=help_, fix=fix)


def _source(file: FileScope, expr: t.Expr, target: str | None) -> SecretSource | None:
    name = expr.callee.text if isinstance(expr, t.CallExpr) and isinstance(expr.callee, t.Name) else ""
    kind = KINDS.get(name)
    if kind is None or not isinstance(expr, t.CallExpr):
        near = suggest(name, KINDS)
        help_ = f"as in `{KINDS[near].example}`" if near else f"as in {', '.join(f'`{k.example}`' for k in KINDS.values())}"
        file.bag.report(BAD_SECRET_SOURCE, expr.span, "this is not a place that secrets come from", help=help_)
        return None
    given: dict[str, str] = {}
    for argument in expr.arguments:
        key = kind.plain if argument.name is None else argument.name.text
        allowed = argument.name is None or key in kind.named
        if not allowed or key in given or not isinstance(argument.value, t.Text):
            what = f"`{name}` has no argument `{key}`" if not allowed else f"the arguments of `{name}` are one plain string each"
            file.bag.report(BAD_SECRET_SOURCE, argument.span, what, help=f"as in `{kind.example}`")
            return None
        given[key] = argument.value.value
    missing = [key for key in (kind.plain, *kind.required) if not given.get(key)]
    if missing:
        file.bag.report(BAD_SECRET_SOURCE, expr.span, f"`{name}` needs its {missing[0]}", help=f"as in `{kind.example}`")
        return None
    problem = _problem(name, given)
    if problem is not None:
        file.bag.report(BAD_SECRET_SOURCE, expr.span, problem, help=f"as in `{kind.example}`")
        return None
    return SecretSource(name, tuple(given.items()), target)


def _problem(kind: str, given: dict[str, str]) -> str | None:
    """What the place itself would say against a name."""
    if kind == "k8s" and not (_K8S_NAME.match(given["name"]) and len(given["name"]) <= 253):
        return f"`{given['name']}` cannot be the name of a Kubernetes secret: lower-case letters, digits, `-` and `.`"
    if kind == "k8s" and not _K8S_KEY.match(given["key"]):
        return f"`{given['key']}` cannot be a key of a Kubernetes secret: letters, digits, `-`, `_` and `.`"
    if kind == "env" and not ENV_NAME.match(given["variable"]):
        return f"`{given['variable']}` cannot be the name of an environment variable"
    return None


def used(reader: AttributeReader, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
    """`secrets ENV=name, …`: a step's environment variables that hold secrets."""
    file = reader.file
    leaves: Leaves = {}
    if not arguments:
        file.bag.report(BAD_ATTRIBUTE, span, "`secrets` needs a variable and a secret", help=f"as in `{EXAMPLE}`")
    for argument in arguments:
        value = argument.value
        if argument.name is None:
            name = value.text if isinstance(value, t.Name) else "token"
            help_ = f"say in which environment variable the step finds it: `secrets {name.upper()}={name}`"
            file.bag.report(BAD_ATTRIBUTE, argument.span, "secrets are given by the name of a variable", help=help_)
            continue
        variable = argument.name.text
        if f"secrets.{variable}" in leaves or variable in KEPT:
            why = "is set by the runner" if variable in KEPT else "is set twice"
            file.bag.report(BAD_ENVIRONMENT, argument.name.span, f"`{variable}` {why}")
            continue
        named = value.text if isinstance(value, t.Name) else _dotted(value)
        found = None if named is None else file.find(named)
        if named is None:
            what = "`secrets` takes the name of a declared secret, not a value"
            help_ = f'declare it: `secret {variable.lower()} from k8s("name", key="key")`, and say `{variable}={variable.lower()}`'
            file.bag.report(BAD_ATTRIBUTE, value.span, what, help=help_)
        elif found is None or not isinstance(found.declaration, t.SecretDef):
            if named not in file.poisoned:
                _undeclared(file, t.Identifier(named, value.span), file.names_of(t.SecretDef))
        else:
            leaves[f"secrets.{variable}"] = found.declaration.name.text
            file.world.secrets.setdefault(found.declaration.name.text, found.file.secret(found.declaration))
            file.world.used_secrets.add(id(found.declaration))
    return leaves


def _dotted(expr: t.Expr) -> str | None:
    if isinstance(expr, t.Member) and isinstance(expr.value, t.Name):
        return f"{expr.value.text}.{expr.name.text}"
    return None


def flows(file: FileScope, name: str, declared: Span, span: Span, where: str) -> None:
    """Report a secret used as a value; `where` is what it would reach: `input `x` of `fit``."""
    message = f"secret `{name}` would flow into {where}, which is stored and shown: in the compiled file, the engine's pages and the logs"
    help_ = f"give it to the step that needs it: `secrets {name.upper()}={name}`, and read the variable there"
    file.bag.report(SECRET_FLOWS, span, message, label="not a value", secondary=(Label(declared, "declared as a secret"),), help=help_)
