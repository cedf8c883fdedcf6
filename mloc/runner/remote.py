"""Files at `s3://`, `gs://` and `abfs://` URLs, by the fsspec of the image; what goes wrong there is said in words for the user."""

from __future__ import annotations

import importlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

from .secrets import Mask
from .store import StoreError

PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs"}
"""The schemes of remote stores, and the package that each needs."""

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of the machine",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or the service account of the machine",
    "abfs": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN, or the identity of the machine",
}
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|(bucket|container) does not exist", re.IGNORECASE)
_UNREACHABLE = re.compile(r"EndpointConnection|ConnectTimeout|ConnectionClosed|ClientConnector|ServiceRequest|Connection(Refused)?Error")
_IS_THERE = re.compile(r"FileExists|PreconditionFailed|ConditionalRequestConflict|conditionNotMet|AlreadyExists|ResourceExists|\b412\b")
_NO_CREDENTIALS = re.compile(r"NoCredentials|DefaultCredentialsError|CredentialUnavailable|DefaultAzureCredential failed")
_SECRET_NAME = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL|CONNECTION_STRING")
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s]*:[^/@\s]*(?=@)")
_QUERY = re.compile(r"\?[^\s\"']+")
_LONGEST = 300
_LOGGERS = ("fsspec", "s3fs", "aiobotocore", "botocore", "gcsfs", "google", "adlfs", "azure", "asyncio")


class _FileSystem(Protocol):
    """What is asked of fsspec."""

    def info(self, path: str) -> dict[str, object]: ...

    def isdir(self, path: str) -> bool: ...

    def get(self, source: str, target: str, recursive: bool) -> object: ...

    def get_file(self, source: str, target: str) -> object: ...

    def put_file(self, source: str, target: str) -> object: ...

    def cat_file(self, path: str) -> bytes: ...

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite") -> object: ...


def is_remote(place: str) -> bool:
    """Whether a text is a URL, and not a file's: then it is no path of this machine."""
    scheme, separator, _ = place.partition("://")
    return bool(separator) and scheme.isalnum() and scheme != "file"


def upload(source: Path, url: str) -> None:
    """Copy a file to a URL, where it is whole or not at all. Raises StoreError."""
    with _at(url) as (files, path):
        files.put_file(str(source), path)


def download(url: str, target: Path, *, tree: bool | None = False) -> None:
    """Copy what a URL names to a new path: a file, with `tree` all below a folder; None for whichever is there. Raises StoreError."""
    with _at(url) as (files, path):
        if files.isdir(path) if tree is None else tree:
            # Without its slash the folder itself would be put below the target.
            files.get(f"{path.rstrip('/')}/", str(target), recursive=True)
        else:
            files.get_file(path, str(target))


def size(url: str) -> int | None:
    """The size of a file; None when there is none. Raises StoreError."""
    with _at(url) as (files, path):
        try:
            found = files.info(path)
        except FileNotFoundError as error:
            if _says(_NO_BUCKET, error):
                raise
            return None
    return cast("int", found["size"]) if found.get("type") == "file" else None


def read(url: str) -> bytes | None:
    """The content of a small file; None when there is none. Raises StoreError."""
    with _at(url) as (files, path):
        try:
            return files.cat_file(path)
        except FileNotFoundError as error:
            if _says(_NO_BUCKET, error):
                raise
            return None


def write(url: str, data: bytes, *, replace: bool) -> None:
    """Write a small file whole or not at all; unless `replace`, one that is there stays. Raises StoreError."""
    with _at(url) as (files, path):
        if replace:
            files.pipe_file(path, data)
            return
        try:
            files.pipe_file(path, data, mode="create")
        except Exception as error:  # each library says in another way that a file is there
            if not _says(_IS_THERE, error):
                raise


@contextmanager
def _at(url: str) -> Iterator[tuple[_FileSystem, str]]:
    """The file system of a URL, and the path there. Raises StoreError, for whatever goes wrong inside too."""
    try:
        yield _file_system(url)
    except StoreError:
        raise
    except ImportError as error:
        package = PACKAGES.get(urlsplit(url).scheme, "fsspec")
        wanted = f"{url} needs the Python package {package}, which cannot be imported here"
        raise StoreError(f"{wanted} ({error}): pip install {package}") from error
    except Exception as error:  # the libraries of the clouds raise what they like
        raise StoreError(f"{url}: {_told(url, error)}") from error


_known: dict[tuple[int, str, str], _FileSystem] = {}
_making = threading.Lock()


def _file_system(url: str) -> tuple[_FileSystem, str]:
    parts = urlsplit(url)
    # One for all threads, where fsspec would make one for each; a process that was forked needs its own.
    known = os.getpid(), parts.scheme, parts.netloc
    with _making:
        if known not in _known:
            # What is there changes under our hands: nothing of it is to be remembered.
            options = {"use_listings_cache": False, "skip_instance_cache": True}
            for library in _LOGGERS:
                # What they have to say comes as an error, too: without a handler it would also be printed, with tracebacks.
                logging.getLogger(library).addHandler(logging.NullHandler())
            found, _ = importlib.import_module("fsspec.core").url_to_fs(url, **options)
            _known[known] = found
    files = _known[known]
    path: str = type(files)._strip_protocol(url)  # type: ignore[attr-defined]
    return files, path


def _told(url: str, error: Exception) -> str:
    """What went wrong, for the user, without what must not be read."""
    parts = urlsplit(url)
    kind, text = type(error).__name__, _harmless(f"{error}")
    if _says(_NO_BUCKET, error):
        return f"there is no {'container' if parts.scheme == 'abfs' else 'bucket'} `{parts.netloc}`"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if _says(_NO_CREDENTIALS, error):
        return f"there are no credentials for it: it takes {_CREDENTIALS.get(parts.scheme, 'those of its library')}"
    if isinstance(error, PermissionError) or re.search(r"Authentication|Forbidden|Unauthorized", kind):
        return f"the credentials that are set here are refused, or may not do this ({text})"
    if _UNREACHABLE.search(kind):
        return f"its server cannot be reached ({text})"
    return f"{kind}: {text}"


def _says(pattern: re.Pattern[str], error: BaseException) -> bool:
    """Whether an error, or one that it came from, says this by its name or text."""
    seen: BaseException | None = error
    while seen is not None:
        if pattern.search(f"{type(seen).__name__} {seen}"):
            return True
        seen = seen.__cause__
    return False


def _harmless(text: str) -> str:
    """A message of a library in one line, with credentials taken out: those of the environment, of URLs, and signatures."""
    values = [value for name, value in os.environ.items() if _SECRET_NAME.search(name.upper())]
    plain = _QUERY.sub("?***", _USER_IN_URL.sub("***", Mask(values).text(" ".join(text.split()))))
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
