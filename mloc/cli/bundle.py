"""Bundles on disk: written so that no file is ever half there, and compared with what is there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from mloc.backend import Artifacts
from mloc.cli.codes import UsageError
from mloc.frozen import dataclass
from mloc.runner.jsons import BadProgram, Json, as_object, parse

# Names what mloc wrote, so that a later compilation may remove what it no longer writes, and nothing else.
MANIFEST = ".mloc-bundle.json"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paths of a bundle that are not on disk, differ there, or were written by mloc and are no longer part of it."""

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    obsolete: tuple[str, ...]

    @property
    def is_stale(self) -> bool:
        return bool(self.missing or self.changed or self.obsolete)


def compare(out: Path, artifacts: Artifacts) -> Comparison:
    """Compare a bundle with a folder. Raises UsageError when the folder cannot be read."""
    try:
        found = {path: _read(out, path) for path in sorted(artifacts)}
        obsolete = _obsolete(out, artifacts)
    except OSError as error:
        raise _unusable(out, error) from error
    missing = tuple(path for path, data in found.items() if data is None)
    changed = tuple(path for path, data in found.items() if data is not None and data != _bytes(artifacts[path]))
    return Comparison(missing, changed, obsolete)


def write(out: Path, artifacts: Artifacts) -> int:
    """Make a folder hold a bundle; gives how many files had to be written. Raises UsageError when that is not possible.

    Every new file is complete on disk before the first one takes its place, and files that are right already are not touched.
    """
    comparison = compare(out, artifacts)
    new = {path: _bytes(artifacts[path]) for path in (*comparison.missing, *comparison.changed)}
    manifest = json.dumps({path: _digest(_bytes(artifacts[path])) for path in sorted(artifacts)}, indent=2) + "\n"
    try:
        out.mkdir(parents=True, exist_ok=True)
        _replace(out, {**new, MANIFEST: manifest.encode()})
        for path in comparison.obsolete:
            (out / path).unlink()
            _remove_empty(out, PurePosixPath(path).parent)
    except OSError as error:
        raise _unusable(out, error) from error
    return len(new)


def differences(out: Path, artifacts: Artifacts, comparison: Comparison) -> Iterator[str]:
    """The lines of a unified diff from what is on disk to the bundle."""
    import difflib  # most compilations show none

    for path in sorted((*comparison.missing, *comparison.changed, *comparison.obsolete)):
        name = (out / path).as_posix()
        old, new = _read(out, path), _bytes(artifacts[path]) if path in artifacts else None
        try:
            before, after = ((data or b"").decode().splitlines(keepends=True) for data in (old, new))
        except UnicodeDecodeError:
            yield f"{name}: binary files differ\n"
            continue
        left, right = ("/dev/null" if data is None else f"{side}/{name}" for side, data in (("a", old), ("b", new)))
        for line in difflib.unified_diff(before, after, left, right):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _replace(out: Path, new: Mapping[str, bytes]) -> None:
    unfinished: dict[Path, Path] = {}
    try:
        for path, data in new.items():
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{os.urandom(8).hex()}.mloc-tmp")
            unfinished[temporary] = target
            temporary.write_bytes(data)
        for temporary, target in unfinished.items():
            temporary.replace(target)
    finally:
        for temporary in unfinished:
            temporary.unlink(missing_ok=True)


def _remove_empty(out: Path, folder: PurePosixPath) -> None:
    while folder != PurePosixPath(".") and not any((out / folder).iterdir()):
        (out / folder).rmdir()
        folder = folder.parent


def _obsolete(out: Path, artifacts: Artifacts) -> tuple[str, ...]:
    """What an earlier compilation wrote here, this one does not write, and nobody has changed since."""
    manifest = _read(out, MANIFEST)
    if manifest is None:
        return ()
    try:
        written = as_object(parse(manifest.decode()), "the list of files")
    except (BadProgram, ValueError) as error:
        raise UsageError(f"{out / MANIFEST}: is damaged ({error}); delete it and compile again") from None
    return tuple(path for path, digest in sorted(written.items()) if path not in artifacts and _is_ours(out, path, digest))


def _is_ours(out: Path, path: str, digest: Json) -> bool:
    """Whether a file is as we wrote it. A path that leads out of the folder is none of ours, whoever wrote it into the manifest."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        return False
    data = _read(out, path)
    return data is not None and _digest(data) == digest


def _read(out: Path, path: str) -> bytes | None:
    try:
        return (out / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _unusable(out: Path, error: OSError) -> UsageError:
    return UsageError(f"{error.filename or out}: {error.strerror}")
