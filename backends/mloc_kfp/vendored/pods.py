"""Artifacts as a Kubeflow pod sees them: inputs that the launcher localised, and outputs that it uploads when the task ends."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mloc.runner.artifacts import holds_artifact, map_artifacts
from mloc.runner.failures import StepFailed
from mloc.runner.jsons import Json, as_array, as_object, as_text, canonical
from mloc.runner.records import Records
from mloc.runner.remote import download
from mloc.runner.remote_store import open_store
from mloc.runner.store import FileStore, StoreError, copy_file, copy_tree, file_path
from mloc.runner.types import ARTIFACTS, File, Optional, Table, Type, parse_type, type_json

from .trees import is_fragile, is_packed, pack, unpack

# Kubeflow's launcher keeps what belongs to a URI below a folder named after the scheme.
_MOUNTED = {"gs": "gcs", "minio": "minio", "oci": "oci", "s3": "s3"}
_STAGED = "mloc-staged:"


@dataclass(frozen=True)
class Slot:
    """An artifact of the executor input: its URI, and where its content is, or is to be put, in this pod."""

    key: str
    uri: str
    path: Path
    raw: dict[str, Json]


def slots(side: Mapping[str, Json]) -> dict[str, Slot]:
    """The artifacts of the `inputs` or `outputs` of an executor input, by key."""
    found = {}
    for key, listed in as_object(side.get("artifacts", {}), "artifacts").items():
        raw = as_object(as_array(as_object(listed, key).get("artifacts"), key)[0], key)
        uri = as_text(raw.get("uri"), "a URI")
        custom = raw.get("customPath")
        path = Path(custom) if isinstance(custom, str) and custom else _local(uri)
        found[key] = Slot(key, uri if "://" in uri else path.as_uri(), path, raw)
    return found


def _local(uri: str) -> Path:
    """Where Kubeflow's launcher keeps the content of a URI."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return Path(uri)
    return Path("/", _MOUNTED[scheme], rest) if scheme in _MOUNTED else file_path(uri)


class PodStore:
    """A store over the pod's artifacts. What `put` keeps is staged, until `place` knows which output it belongs to."""

    def __init__(self, inputs: Mapping[str, Slot], staging: Path) -> None:
        self._inputs = {slot.uri: slot.path for slot in inputs.values()}
        self._staging = staging
        # Where the content of a digest is: staged, and after the first use of it where that put it.
        self._kept: dict[str, Path] = {}
        self._files = FileStore(staging)

    def put(self, path: Path, type_: Json) -> dict[str, Json]:
        unfinished = self._staging / uuid.uuid4().hex
        try:
            self._staging.mkdir(parents=True, exist_ok=True)
            digest, size = copy_tree(path, unfinished) if path.is_dir() else copy_file(path, unfinished)
        except OSError as error:
            raise StoreError(f"`{path.name}` cannot be kept: {error}") from error
        self._kept.setdefault(digest, unfinished)
        return {"uri": _STAGED + digest, "digest": f"sha256:{digest}", "size": size, "type": type_}

    def get(self, descriptor: Mapping[str, Json], folder: Path) -> Path:
        source = self.find(as_text(descriptor.get("uri"), "a URI"), folder)
        if not isinstance(parse_type(descriptor.get("type")), (File, Table)) and is_packed(source):
            source = unpack(source, folder)
        return self._files.get({**descriptor, "uri": source.as_uri()}, folder)

    def find(self, uri: str, folder: Path) -> Path:
        """A local path with the content of a URI; what has to be fetched is put below the folder. Raises StoreError."""
        for known, path in self._inputs.items():
            if uri == known or uri.startswith(f"{known}/"):
                return path / uri[len(known) + 1 :]
        if "://" not in uri:
            return Path(uri).absolute()
        return file_path(uri) if uri.startswith("file:") else _download(uri, folder)

    def adopt(self, type_: Type, wire: Json, folder: Path) -> Json:
        """A value given from outside, whose artifacts may be described by their URI alone, with them staged as our own."""

        def adopt_one(kind: Type, descriptor: dict[str, Json]) -> Json:
            source = self.find(as_text(descriptor.get("uri"), "a URI"), folder)
            kept = self.put(source, type_json(kind))
            if descriptor.get("digest") not in (None, "", kept["digest"]):
                raise StoreError(f"{descriptor['uri']} was changed: its content no longer has the digest {descriptor['digest']}")
            return kept

        return map_artifacts(type_, wire, adopt_one)

    def place(self, type_: Type, wire: Json, slot: Slot) -> Json:
        """A value with its staged artifacts moved to the output that Kubeflow uploads, and described by where they will be.

        A value that is an artifact is the output; of one that holds artifacts the output is a folder of them, by digest.
        """
        whole = type_.item if isinstance(type_, Optional) else type_
        slot.path.parent.mkdir(parents=True, exist_ok=True)

        def place_one(_: Type, descriptor: dict[str, Json]) -> Json:
            digest = as_text(descriptor.get("uri"), "a URI")[len(_STAGED) :]
            if isinstance(whole, ARTIFACTS):
                self._move(digest, slot.path, slot)
                return {**descriptor, "uri": slot.uri}
            self._move(digest, slot.path / digest, slot)
            return {**descriptor, "uri": f"{slot.uri}/{digest}"}

        placed = map_artifacts(type_, wire, place_one)
        if not slot.path.exists():
            slot.path.touch()
        return placed

    def _move(self, digest: str, target: Path, slot: Slot) -> None:
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self._kept[digest]
        if source.is_dir() and not slot.uri.startswith("file:") and is_fragile(source):
            pack(source, target)
        elif source.parent == self._staging:
            shutil.move(str(source), str(target))
            self._kept[digest] = target
        elif source.is_dir():
            copy_tree(source, target)
        else:
            copy_file(source, target)


class PlacingRecords(Records):
    """Records that first put what a step made where Kubeflow uploads it from, so that they say where it will be."""

    def __init__(self, folder: str | Path | None, store: PodStore, outputs: Mapping[str, tuple[Type, Slot]]) -> None:
        super().__init__(folder)
        self._store = store
        self._outputs = outputs
        self.placed: dict[str, Json] = {}

    def succeeded(self, step_id: str, unit: str, attempt: int, started: str, outputs: dict[str, Json], log: Path | None) -> None:
        try:
            self.placed = {name: self._store.place(type_, outputs[name], slot) for name, (type_, slot) in self._outputs.items()}
        except OSError as error:
            failure = StepFailed("store", f"the outputs cannot be put where Kubeflow uploads them from: {error}", attempts=attempt)
            self.attempt_failed(step_id, unit, attempt, started, failure, log)
            raise failure from error
        super().succeeded(step_id, unit, attempt, started, {**outputs, **self.placed}, log)

    def shown(self, texts: Mapping[str, str]) -> dict[str, str]:
        """The wire texts of outputs, with where Kubeflow will have put the artifacts."""
        return {name: canonical(self.placed[name]) if name in self.placed else text for name, text in texts.items()}


def output_slots(types: Mapping[str, Type], found: Mapping[str, Slot]) -> dict[str, tuple[Type, Slot]]:
    """The outputs that hold artifacts, with where these go."""
    return {name: (type_, slot) for name, type_ in types.items() if holds_artifact(type_) and (slot := found.get(f"{name}-artifact"))}


class ValueStore:
    """A store of large values at a URL or in a folder, which is looked at when there is one."""

    def __init__(self, root: str) -> None:
        self._root = _address(root)

    def put(self, path: Path, type_: Json) -> dict[str, Json]:
        return open_store(self._root).put(path, type_)

    def get(self, descriptor: Mapping[str, Json], folder: Path) -> Path:
        return open_store(self._root).get(descriptor, folder)


def _address(uri: str) -> str:
    """What Kubeflow calls minio is S3 at another address, which AWS_ENDPOINT_URL names."""
    return uri.replace("minio://", "s3://", 1)


def _download(uri: str, folder: Path) -> Path:
    """The content of a URI that the launcher did not localise: an artifact inside a list or record, or from another run."""
    target = folder / uuid.uuid4().hex
    try:
        download(_address(uri), target, tree=None)
    except StoreError as error:
        why = "it stands in a list, a record or a branch's result, or is given at launch"
        raise StoreError(f"{uri} is not an input that Kubeflow localises ({why}): {error}") from error
    return target
