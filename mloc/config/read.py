"""`pyproject.toml` to settings: everything in `[tool.mloc]` is checked, by hand, since `mloc check` starts for every commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from mloc import patterns
from mloc.config.model import Config, ConfigError, Limits
from mloc.config.places import line_of
from mloc.diagnostics.rules import RULES
from mloc.diagnostics.select import Policy
from mloc.diagnostics.suggest import did_you_mean
from mloc.frozen import dataclass, field

Table: TypeAlias = Mapping[str, object]

FILE = "pyproject.toml"
_CODE = patterns.of(r"W\d{0,4}")
_SIZE = patterns.of(r"(\d+(?:\.\d+)?)(KiB|MiB|GiB|TiB|KB|MB|GB|TB)")
IMAGE = patterns.of(r"[a-z0-9][A-Za-z0-9._/:@-]*")
_BYTES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


@dataclass(frozen=True, slots=True)
class Document:
    """A project file as it was read; one that is not there has nothing in it."""

    path: Path
    text: str = ""
    table: Table = field(default_factory=dict)


class _Wrong(Exception):
    """What is wrong with the value of a setting; reads on from its name."""


def read(folder: Path) -> Document:
    """The project file of a folder. Raises ConfigError when it is there and cannot be read as TOML."""
    path = folder / FILE
    if not path.is_file():
        return Document(path)
    import tomllib  # only projects with a pyproject.toml pay for it

    try:
        text = path.read_text("utf-8")
        return Document(path, text, tomllib.loads(text))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None


def config(document: Document) -> Config:
    """The settings of `[tool.mloc]`. Raises ConfigError at the first one that does not exist or has a value it cannot have."""
    settings = _table(document, ("tool", "mloc"), _SETTINGS)
    limits = _table(document, ("tool", "mloc", "limits"), _LIMITS)
    select = settings.get("select")
    return Config(
        src=_texts(settings.get("src", ["."])),
        policy=Policy(
            select=None if select is None else _texts(select),
            ignore=_texts(settings.get("ignore", [])),
            deny=_texts(settings.get("deny", [])),
            strict=settings.get("strict") is True,
        ),
        targets=_texts(settings.get("targets", [])),
        limits=Limits(
            _number(limits.get("cpu")),
            _size(limits.get("memory")),
            _size(limits.get("disk")),
            _count(limits.get("gpu")),
            require=_texts(limits.get("require", [])),
        ),
        baseline=None if "baseline" not in settings else str(settings["baseline"]),
        image=None if "image" not in settings else str(settings["image"]),
        images=_pairs(settings.get("images", {})),
    )


def not_codes(values: tuple[str, ...]) -> str | None:
    """Why these cannot choose warnings by their codes or the beginnings of them, None when they can."""
    slugs = {rule.slug: rule.code for rule in RULES.values()}
    for value in values:
        if value.startswith("E") and any(code.startswith(value) for code in RULES):
            return f"`{value}` names errors, which are always reported; one is suppressed where it stands: `# mloc: ignore[{value}] reason`"
        if not _CODE.fullmatch(value) or not any(code.startswith(value) for code in RULES):
            hint = f"its code is `{slugs[value]}`" if value in slugs else did_you_mean(value, slugs) or "`mloc explain` lists the codes"
            return f"`{value}` is not a code, nor the beginning of one; {hint}"
    return None


def _table(document: Document, path: tuple[str, ...], known: Mapping[str, Callable[[object], None]]) -> Table:
    """A table of the document, every key known and every value as its reader wants it."""
    found = document.table
    for depth, name in enumerate(path, start=1):
        inner = found.get(name, {})
        if not isinstance(inner, dict):
            raise _error(document, path[:depth], f"`{name}` must be a table, found `{inner!r}`")
        found = inner
    title = f"[{'.'.join(path)}]"
    for key, value in found.items():
        reader = known.get(key)
        if reader is None:
            hint = did_you_mean(key, known) or f"it has {', '.join(f'`{name}`' for name in known)}"
            raise _error(document, (*path, key), f"`{title}` has no setting `{key}`; {hint}")
        try:
            reader(value)
        except _Wrong as wrong:
            raise _error(document, (*path, key), f"`{key}` in `{title}` {wrong}") from None
    return found


def _error(document: Document, path: tuple[str, ...], message: str) -> ConfigError:
    line = line_of(document.text, path)
    return ConfigError(f"{document.path}{'' if line is None else f':{line}'}: {message}")


def _folders(value: object) -> None:
    if not _is_texts(value):
        raise _Wrong(f'must be a list of folders, like `src = ["src"]`, found `{value!r}`')


def _codes(value: object) -> None:
    if not _is_texts(value):
        raise _Wrong(f'must be a list of codes or their beginnings, like `["W06", "W0704"]`, found `{value!r}`')
    problem = not_codes(_texts(value))
    if problem is not None:
        raise _Wrong(f"is wrong: {problem}")


def _flag(value: object) -> None:
    if not isinstance(value, bool):
        raise _Wrong(f"must be true or false, found `{value!r}`")


def _targets(value: object) -> None:
    if not _is_texts(value):
        raise _Wrong(f'must be a list of targets, like `["kfp", "airflow"]`, found `{value!r}`')


def _path(value: object) -> None:
    if not isinstance(value, str) or not value:
        raise _Wrong(f'must be a file, like `"mloc-baseline.json"`, found `{value!r}`')


def _checked_number(value: object) -> None:
    if _number(value) is None:
        raise _Wrong(f"must be a number above zero, found `{value!r}`")


def _checked_count(value: object) -> None:
    if _count(value) is None:
        raise _Wrong(f"must be a whole number, found `{value!r}`")


def _checked_size(value: object) -> None:
    if _size(value) is None:
        raise _Wrong(f'must be a size with its unit, like `"64GiB"`, found `{value!r}`')


def _resources(value: object) -> None:
    unknown = [name for name in _texts(value) if name not in _REQUIRABLE]
    if not _is_texts(value) or unknown:
        hint = (did_you_mean(unknown[0], _REQUIRABLE) if unknown else None) or f"found `{value!r}`"
        raise _Wrong(f'must be a list of resources, like `["cpu", "memory"]`; {hint}')


def _limits(value: object) -> None:
    """Its own table's keys are checked with their own names."""


def _image(value: object) -> None:
    if not isinstance(value, str) or not IMAGE.fullmatch(value):
        raise _Wrong(f'must be an image reference, like `"registry/name:1.2"`, found `{value!r}`')


def _images(value: object) -> None:
    for image in value.values() if isinstance(value, dict) else (value,):
        if not isinstance(value, dict) or not isinstance(image, str) or not IMAGE.fullmatch(image):
            raise _Wrong(f'must give targets their images, like `{{ kfp = "registry/name:1.2" }}`, found `{value!r}`')


_SETTINGS: dict[str, Callable[[object], None]] = {
    "src": _folders,
    "select": _codes,
    "ignore": _codes,
    "deny": _codes,
    "strict": _flag,
    "targets": _targets,
    "limits": _limits,
    "baseline": _path,
    "image": _image,
    "images": _images,
}
_REQUIRABLE = ("cpu", "memory", "disk", "gpu")
_LIMITS: dict[str, Callable[[object], None]] = {
    "cpu": _checked_number,
    "memory": _checked_size,
    "disk": _checked_size,
    "gpu": _checked_count,
    "require": _resources,
}


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(item)) for name, item in value.items()) if isinstance(value, dict) else ()


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 < value < float("inf") else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _size(value: object) -> int | None:
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    return None if match is None else int(float(match.group(1)) * _BYTES[match.group(2)])
