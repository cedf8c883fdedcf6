"""The code that a pipeline carries once: the runner, the adapter, the program and the user's modules, packed to the same bytes always."""

from __future__ import annotations

import base64
import bz2
import io
import pkgutil
import zipfile
from collections.abc import Mapping
from typing import cast

from mloc.backend import Request
from mloc.emit.names import identifiers
from mloc.emit.trace import FILE as TRACE
from mloc.runner.jsons import canonical
from mloc.types.encode import Json
from mloc_kfp import vendored

# Linux takes no argument or variable over 128 KiB.
_LONGEST_VARIABLE = 96 * 1024
VARIABLE = "MLOC_BUNDLE_"

_START = """\
import base64, bz2, importlib, io, json, os, sys, tempfile, zipfile
given = json.loads(sys.argv[2])
packed = [os.environ[name] for name in sorted(os.environ) if name.startswith("MLOC_BUNDLE_")]
if packed:
    data = base64.b64decode("".join(packed))
else:
    artifact = given["inputs"]["artifacts"]["mloc-bundle"]["artifacts"][0]
    place = artifact.get("customPath") or artifact["uri"]
    for scheme, folder in ("gs://", "/gcs/"), ("minio://", "/minio/"), ("oci://", "/oci/"), ("s3://", "/s3/"):
        if place.startswith(scheme):
            place = folder + place[len(scheme):]
    with open(place, "rb") as file:
        data = file.read()
with tempfile.TemporaryDirectory(prefix="mloc-") as folder:
    zipfile.ZipFile(io.BytesIO(bz2.decompress(data))).extractall(folder)
    sys.path.insert(0, folder)
    sys.exit(importlib.import_module("PACKAGE.adapter").main(given, folder, data))
"""


def package_of(pipeline: str) -> str:
    """The name under which the runner is vendored; two pipelines of one process do not share theirs."""
    return f"{identifiers([pipeline])[pipeline]}_mloc"


def start(package: str) -> str:
    """The program that every container runs: it unpacks the bundle and hands over to the adapter."""
    return _START.replace("PACKAGE", package)


def variables(data: bytes) -> dict[str, str]:
    """The bundle as environment variables, which nothing on the way rewrites."""
    text = base64.b64encode(data).decode("ascii")
    chunks = [text[at : at + _LONGEST_VARIABLE] for at in range(0, len(text), _LONGEST_VARIABLE)]
    return {f"{VARIABLE}{number:03d}": _folded(chunk) for number, chunk in enumerate(chunks)}


def _folded(text: str) -> str:
    return "\n".join(text[at : at + 120] for at in range(0, len(text), 120))


def unpack(variables: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a bundle that was written by `variables`."""
    text = "".join(value for name, value in sorted(variables.items()) if name.startswith(VARIABLE))
    with zipfile.ZipFile(io.BytesIO(bz2.decompress(base64.b64decode(text)))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(request: Request, trace: str) -> bytes:
    """The bundle's bytes. They depend on the content alone: the dates are fixed, and bzip2 has one result for one input."""
    package = package_of(request.pipeline.name)
    contents = {f"{package}/__init__.py": b""}
    contents |= {f"{package}/runner/{path}": data for path, data in request.runner.items()}
    contents |= {f"{package}/{name}": data for name, data in _vendored().items()}
    contents[f"{package}/program.json"] = canonical(document(request)).encode("ascii")
    contents[f"{package}/{TRACE}"] = trace.encode()
    contents |= {f"code/{path}": data for path, data in request.code.items()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), contents[name])
    return bz2.compress(target.getvalue(), 9)


def document(request: Request) -> Json:
    """The program as the JSON that it is; whatever else it might hold, `canonical` would refuse."""
    return cast("Json", request.program)


def _vendored() -> dict[str, bytes]:
    """The adapter's modules; beside the runner, its name is no longer `mloc.runner`."""
    # `importlib.resources` can do it too, and takes longer to load than the rest of this package.
    names = sorted(f"{module.name}.py" for module in pkgutil.iter_modules(vendored.__path__))
    return {name: _read(name).replace(b"from mloc.runner.", b"from .runner.") for name in names}


def _read(name: str) -> bytes:
    data = pkgutil.get_data(vendored.__name__, name)
    if data is None:
        raise FileNotFoundError(f"{vendored.__name__}/{name} cannot be read where it is installed")
    return data
