"""Artifacts in Python: from a local file to what an annotation asks for, and from what a step returned to a file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .hints import wants_path
from .jsons import Json
from .scalars import Invalid
from .types import ARTIFACTS, Dir, File, Model, Table, Type, parse_type, show_type


def load_artifact(type_: Type, path: Path, given: Json, hint: object, where: str) -> object:
    """What a function gets for an artifact. `given` is the type of the artifact itself, as its maker declared it."""
    if wants_path(hint):
        return path
    if hint is str:
        return str(path)
    if isinstance(type_, Table):
        from .tables import load_table  # needs pyarrow

        return load_table(type_, path, hint, where)
    if isinstance(type_, Model):
        from .models import load_model

        made_as = None if given is None else parse_type(given)
        return load_model(type_.kind or (made_as.kind if isinstance(made_as, Model) else None), path, hint, where)
    return path


def save_artifact(type_: Type, found: object, where: str, out: Path) -> Path:
    """The file or directory of an artifact that a step returned, as a path or as an object that the type's codec knows. Raises Invalid."""
    if isinstance(found, (str, os.PathLike)):
        return check_artifact(type_, Path(os.path.abspath(found)), where, out)  # noqa: PTH100  (links stay as they are)
    if isinstance(type_, Table):
        from .tables import save_table

        return save_table(type_, found, where, out)
    if isinstance(type_, Model):
        from .models import save_model

        return save_model(type_.kind, found, where, out)
    raise Invalid(f"`{where}`: expected {show_type(type_)} as a pathlib.Path, the step gave a {type(found).__name__}")


def shown_path(path: Path, out: Path) -> str:
    """A path for a message: the same in every run where it is below the step's own folder, whose name is not."""
    work = out.parent / "work"
    # The system may know the folder by another name: what was returned was made absolute by asking it.
    below = [folder for folder in (work, work.resolve()) if folder in path.parents]
    return path.relative_to(below[0]).as_posix() if below else str(path)


def check_artifact(type_: Type, path: Path, where: str, out: Path) -> Path:
    """The path of a written artifact after a look at it; of a corrected copy where columns had to be cast. Raises Invalid."""
    if not isinstance(type_, ARTIFACTS):
        raise TypeError(f"a {type(type_).__name__} is no artifact")
    if not path.exists():
        raise Invalid(f"`{where}`: the step wrote nothing at {shown_path(path, out)}")
    mode = path.stat().st_mode
    if isinstance(type_, Dir) and not stat.S_ISDIR(mode):
        raise Invalid(f"`{where}`: expected a directory, and {shown_path(path, out)} is a file")
    if isinstance(type_, (File, Table)) and stat.S_ISDIR(mode):
        raise Invalid(f"`{where}`: expected a file, and {shown_path(path, out)} is a directory")
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise Invalid(f"`{where}`: {shown_path(path, out)} is neither a file nor a directory")
    if isinstance(type_, Table):
        from .tables import check_table

        return check_table(type_, path, where, out)
    return path
