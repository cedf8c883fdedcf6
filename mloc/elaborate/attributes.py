"""The attributes of steps, defaults and `with`: a closed table, read into settings and merged leaf by leaf."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, Union

from mloc.diagnostics.model import Edit, Fix, Label
from mloc.diagnostics.rules import (
    ATTRIBUTE_TWICE,
    BAD_ATTRIBUTE,
    BAD_ENVIRONMENT,
    BAD_QUANTITY,
    MALFORMED_IMAGE,
    OVER_LIMIT,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_RESOURCE,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate import promises, secrets
from mloc.elaborate.expect import Expectation
from mloc.elaborate.images import malformed
from mloc.elaborate.scope import Scope
from mloc.frozen import dataclass, field
from mloc.ir.constant import canonical
from mloc.ir.model import Cache, Const, Effect, Resources, Retry, RetryOn, Settings
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import BYTES, DURATION, FLOAT, INT, STR, Type, Unknown

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope

Leaf: TypeAlias = Union[str, int, float, tuple[str, ...]]
Leaves: TypeAlias = dict[str, Leaf]
"""Attribute leaves by path: `retry.count`, `resources.memory`, `env.NAME`, `image`, `timeout`."""

_EFFECTS: tuple[Effect, ...] = ("none", "reads", "writes", "random")
_RETRY_ON: tuple[RetryOn, ...] = ("exception", "oom", "preempted", "timeout")
_RESOURCES: dict[str, Type] = {"cpu": FLOAT, "memory": BYTES, "disk": BYTES, "shm": BYTES, "gpu": INT, "gpu_type": STR}
_RETRY: dict[str, Type] = {"backoff": DURATION, "factor": FLOAT, "max_delay": DURATION}
SETTINGS = ("retry", "timeout", "resources", "image", "env", "secrets")
_FAMILIAR = {
    **dict.fromkeys(("retries", "retires", "max_retries", "attempts"), "retry"),
    **dict.fromkeys(("cpu", "memory", "gpu", "limits", "requests"), "resources"),
    **dict.fromkeys(("environment", "envs", "environ"), "env"),
    **dict.fromkeys(("docker", "container_image", "base_image"), "image"),
    **dict.fromkeys(("time_limit", "execution_timeout"), "timeout"),
    **dict.fromkeys(("caching", "memoize"), "cache"),
}
"""What the engines and other tools call an attribute."""
_FAMILIAR_RESOURCES = {"mem": "memory", "ram": "memory", "cpus": "cpu", "gpus": "gpu", "storage": "disk", "accelerator": "gpu_type"}
PROMISES = ("cache", "effects", "idempotent", "publish")
STEP = ("run", *SETTINGS, *PROMISES)


@dataclass(slots=True)
class AttributeReader:
    """Reads the attributes of one file; `scope` holds the names an attribute may mention, so that a run-time value is named as one."""

    file: FileScope
    scope: Scope = field(default_factory=Scope)

    def seeing(self, scope: Scope) -> AttributeReader:
        """The same, where the names of `scope` are visible."""
        return AttributeReader(self.file, scope)

    def read(self, attributes: tuple[t.Attribute, ...], block: str, allowed: tuple[str, ...]) -> Leaves:
        """The leaves that a block sets; `block` names it in messages (`step `fit``)."""
        leaves: Leaves = {}
        seen: dict[str, Span] = {}
        for attribute in attributes:
            name = attribute.name.text
            if name == "run" and attribute.kind is not None and "run" in allowed:
                continue
            if name not in allowed:
                self._unknown(attribute, block, allowed)
                continue
            if name in seen:
                there = Label(seen[name], "first here")
                self.file.bag.report(ATTRIBUTE_TWICE, attribute.name.span, f"`{name}` is given twice in {block}", secondary=(there,))
                continue
            seen[name] = attribute.name.span
            if attribute.block is not None:
                self._bad(attribute.name.span, f"`{name}` takes its values on the same line", f"as in `{_EXAMPLES.get(name, name)}`")
                continue
            leaves.update(self.one(name, attribute.arguments, attribute.span))
        return leaves

    def _unknown(self, attribute: t.Attribute, block: str, allowed: tuple[str, ...]) -> None:
        name = attribute.name.text
        familiar = _FAMILIAR.get(name)
        near = familiar if familiar in allowed else suggest(name, list(allowed))
        help_ = f"did you mean `{near}`?" if near else f"{block} may have {', '.join(f'`{a}`' for a in allowed)}"
        if name in STEP:
            self.file.bag.report(UNKNOWN_ATTRIBUTE, attribute.name.span, f"`{name}` is not an attribute of {block}")
        else:
            # What others call an attribute may take its values in another way there.
            fix = None if familiar in allowed else correction(attribute.name.span, name, allowed)
            self.file.bag.report(UNKNOWN_ATTRIBUTE, attribute.name.span, f"{block} has no attribute `{name}`", help=help_, fix=fix)

    def _bad(self, span: Span, message: str, help_: str | None = None) -> Leaves:
        self.file.bag.report(BAD_ATTRIBUTE, span, message, help=help_)
        return {}

    def one(self, name: str, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
        """The leaves of one attribute."""
        readers: Mapping[str, Callable[[tuple[t.Argument, ...], Span], Leaves]] = {
            "retry": self._retry,
            "timeout": self._timeout,
            "resources": self._resources,
            "image": self._image,
            "env": self._env,
            "secrets": partial(secrets.used, self),
            "cache": partial(promises.cache, self),
            "effects": partial(promises.effects, self),
            "idempotent": partial(promises.idempotent, self),
            "publish": partial(promises.publish, self),
        }
        return readers[name](arguments, span)

    def _constant(self, expr: t.Expr, type_: Type, what: str) -> Const | None:
        value = self.file.exprs.value(expr, self.scope, Expectation(type_, what))
        constant = self.file.compile_time(value, expr.span, what)
        return None if isinstance(constant.type, Unknown) else canonical(constant.type, constant.text)

    def text(self, expr: t.Expr, type_: Type, what: str) -> str | None:
        """The text of a string constant; None when it is none, which is reported."""
        constant = self._constant(expr, type_, what)
        return None if constant is None else _text(constant)

    def number(self, expr: t.Expr, type_: Type, what: str, *, low: int, high: float = 2**53) -> float | None:
        """A constant number within its limits, quantities in bytes and milliseconds; None when it is none, which is reported."""
        constant = self._constant(expr, type_, what)
        if constant is None:
            return None
        number = float(constant.text) if not constant.text.startswith('"') else float("inf")
        if not low <= number <= high:
            limit = f"at least {low}" if number < low else f"at most {high:g}"
            self.file.bag.report(BAD_QUANTITY, expr.span, f"{what} must be {limit}")
            return None
        return number

    def _retry(self, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
        leaves: Leaves = {}
        for argument in arguments:
            if argument.name is None:
                if argument is not arguments[0]:
                    return self._bad(argument.span, "`retry` takes one number, then named arguments", f"as in `{_EXAMPLES['retry']}`")
                number = self.number(argument.value, INT, "the number of retries", low=0, high=1000)
                if number is not None:
                    leaves["retry.count"] = int(number)
                continue
            key = argument.name.text
            if key == "on":
                leaves.update(self._retry_on(argument.value))
            elif key in _RETRY:
                low = 1 if key == "factor" else 0
                value = self.number(argument.value, _RETRY[key], f"`{key}` of `retry`", low=low)
                if value is not None:
                    leaves[f"retry.{key}"] = value
            else:
                near = suggest(key, [*_RETRY, "on"])
                self._bad(
                    argument.name.span,
                    f"`retry` has no argument `{key}`",
                    f"did you mean `{near}`?" if near else f"as in `{_EXAMPLES['retry']}`",
                )
        if not arguments:
            return self._bad(span, "`retry` needs the number of retries", f"as in `{_EXAMPLES['retry']}`")
        return leaves

    def _retry_on(self, expr: t.Expr) -> Leaves:
        items = expr.items if isinstance(expr, t.ListLiteral) else (expr,)
        kinds: list[str] = []
        for item in items:
            text = item.text if isinstance(item, t.Name) else None
            if text == "any":
                kinds.extend(_RETRY_ON)
            elif text in _RETRY_ON:
                kinds.append(text)
            else:
                near = suggest(text or "", list(_RETRY_ON))
                options = ", ".join(_RETRY_ON)
                self._bad(item.span, "this is not a kind of failure", f"did you mean `{near}`?" if near else f"kinds are {options} and any")
        return {"retry.on": tuple(kind for kind in _RETRY_ON if kind in kinds)} if kinds else {}

    def _timeout(self, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
        if len(arguments) != 1 or arguments[0].name is not None:
            return self._bad(span, "`timeout` takes one duration", "as in `timeout 30min`")
        value = self.number(arguments[0].value, DURATION, "`timeout`", low=1)
        return {} if value is None else {"timeout": int(value)}

    def _resources(self, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
        leaves: Leaves = {}
        if not arguments:
            return self._bad(span, "`resources` needs something to ask for", f"as in `{_EXAMPLES['resources']}`")
        for argument in arguments:
            if argument.name is None:
                self._bad(argument.span, "resources are asked for by name", f"as in `{_EXAMPLES['resources']}`")
                continue
            key = argument.name.text
            if key not in _RESOURCES:
                near = _FAMILIAR_RESOURCES.get(key) or suggest(key, list(_RESOURCES))
                help_ = f"did you mean `{near}`?" if near else f"resources are {', '.join(_RESOURCES)}"
                fix = correction(argument.name.span, key, _RESOURCES)
                if key in _FAMILIAR_RESOURCES:
                    fix = Fix("machine-applicable", (Edit(argument.name.span, _FAMILIAR_RESOURCES[key]),))
                self.file.bag.report(UNKNOWN_RESOURCE, argument.name.span, f"there is no resource `{key}`", help=help_, fix=fix)
                continue
            leaves.update(self._resource(key, argument.value))
        return leaves

    def _resource(self, key: str, expr: t.Expr) -> Leaves:
        if key == "gpu_type":
            text = self.text(expr, STR, "`gpu_type`")
            return {} if text is None else {"resources.gpu_type": text}
        value = self.number(expr, _RESOURCES[key], f"`{key}`", low=0)
        if value is not None and value == 0 and key != "gpu":
            self.file.bag.report(BAD_QUANTITY, expr.span, f"`{key}` must be more than zero", help="leave it out to ask for nothing")
            return {}
        if value is not None:
            self._within_limit(key, value, expr.span)
        return {} if value is None else {f"resources.{key}": value}

    def _within_limit(self, key: str, value: float, span: Span) -> None:
        limit = self.file.world.project(self.file.source.path).config.limits.of(key)
        if limit is not None and value > limit:
            most = f"{int(limit) / 2**30:g}GiB" if key in ("memory", "disk") else f"{limit:g}"
            message = f"`{key}` is more than the project allows"
            self.file.bag.report(OVER_LIMIT, span, message, label=f"at most {most}", notes=("`limits` in `[tool.mloc]` says so",))

    def _image(self, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
        if len(arguments) != 1 or arguments[0].name is not None:
            return self._bad(span, "`image` takes one image reference", 'as in `image "python:3.11-slim"`')
        reference = self.text(arguments[0].value, STR, "`image`")
        if reference is None:
            return {}
        why = malformed(reference)
        if why is not None:
            help_ = 'as in `image "registry.example.com/name:1.2.3@sha256:…"`'
            self.file.bag.report(MALFORMED_IMAGE, arguments[0].span, f"`{reference}` is not an image: it {why}", help=help_)
            return {}
        return {"image": reference}

    def _env(self, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
        leaves: Leaves = {}
        if not arguments:
            return self._bad(span, "`env` needs a variable", f"as in `{_EXAMPLES['env']}`")
        for argument in arguments:
            if argument.name is None:
                self._bad(argument.span, "environment variables are set by name", f"as in `{_EXAMPLES['env']}`")
                continue
            name = argument.name.text
            path = f"env.{name}"
            if path in leaves or name in secrets.KEPT or not secrets.ENV_NAME.match(name):
                why = (
                    "is set twice"
                    if path in leaves
                    else "is set by the runner"
                    if secrets.ENV_NAME.match(name)
                    else "is not a variable name"
                )
                self.file.bag.report(BAD_ENVIRONMENT, argument.name.span, f"`{name}` {why}")
                continue
            value = self._env_value(argument.value)
            if value is not None:
                leaves[path] = value
        return leaves

    def _env_value(self, expr: t.Expr) -> str | None:
        """A constant's text: environment variables are strings, so numbers and flags are written the way f-strings write them."""
        if isinstance(expr, t.Name) and self.file.constant_or_kind(expr.text) == "secret" and self.scope.lookup(expr.text) is None:
            self.file.secret_flows(expr.text, expr.span, "an environment variable given by `env`")
            return None
        constant = self.file.compile_time(self.file.exprs.typed(expr, self.scope), expr.span, "an environment variable")
        if isinstance(constant.type, Unknown):
            return None
        if constant.type == STR:
            return _text(constant)
        if constant.type in (INT, FLOAT) or constant.text in ("true", "false"):
            return _text(constant) if constant.text.startswith('"') else constant.text
        self.file.bag.report(BAD_ENVIRONMENT, expr.span, "the value of an environment variable is a string, a number or a flag")
        return None


_EXAMPLES = {
    "retry": "retry 3, backoff=30s, factor=2.0, max_delay=10min, on=[exception, timeout]",
    "timeout": "timeout 30min",
    "resources": "resources cpu=2, memory=4GiB",
    "image": 'image "python:3.11-slim"',
    "env": 'env MODE="fast", WORKERS=4',
    "secrets": secrets.EXAMPLE,
    "cache": promises.EXAMPLE,
    "effects": "effects reads, writes",
    "publish": promises.PUBLISH,
}


def settings(*layers: Leaves) -> Settings:
    """The settings of a call: later layers win, leaf by leaf."""
    merged: Leaves = {}
    for layer in layers:
        merged.update(layer)

    def number(path: str) -> float | None:
        value = merged.get(path)
        return float(value) if isinstance(value, (int, float)) else None

    def whole(path: str) -> int | None:
        value = number(path)
        return None if value is None else int(value)

    def text(path: str) -> str | None:
        value = merged.get(path)
        return value if isinstance(value, str) else None

    on = merged.get("retry.on", _RETRY_ON)
    kinds = tuple(kind for kind in _RETRY_ON if isinstance(on, tuple) and kind in on)
    retry = Retry(whole("retry.count") or 0, whole("retry.backoff") or 0, number("retry.factor") or 1.0, whole("retry.max_delay"), kinds)
    resources = Resources(
        number("resources.cpu"),
        whole("resources.memory"),
        whole("resources.disk"),
        whole("resources.gpu"),
        text("resources.gpu_type"),
        whole("resources.shm"),
    )
    env = tuple((path[4:], value) for path, value in sorted(merged.items()) if path.startswith("env.") and isinstance(value, str))
    return Settings(
        retry,
        whole("timeout"),
        resources,
        text("image"),
        env,
        tuple((path[8:], value) for path, value in sorted(merged.items()) if path.startswith("secrets.") and isinstance(value, str)),
        cache=_cache(merged),
        effects=_effects(merged),
        idempotent=bool(merged.get("idempotent")),
        publishes=_texts(merged.get("publish")),
    )


def _cache(merged: Leaves) -> Cache | None:
    if not merged.get("cache.on"):
        return None
    version, ttl, ignore = merged.get("cache.version"), merged.get("cache.ttl"), merged.get("cache.ignore", ())
    return Cache(
        version if isinstance(version, str) else None,
        ttl if isinstance(ttl, int) else None,
        _texts(ignore),
        "project" if merged.get("cache.scope") == "project" else "pipeline",
    )


def _texts(leaf: Leaf | None) -> tuple[str, ...]:
    return leaf if isinstance(leaf, tuple) else ()


def _effects(merged: Leaves) -> tuple[Effect, ...] | None:
    given = merged.get("effects")
    return tuple(effect for effect in _EFFECTS if effect in given) if isinstance(given, tuple) else None


def _text(constant: Const) -> str:
    """The string inside a string constant's canonical text."""
    value = json.loads(constant.text)
    return value.removeprefix("i:") if isinstance(value, str) and constant.type == INT else str(value)
