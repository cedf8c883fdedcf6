"""An image made of files of this machine, where no registry is asked: a shell, the usual commands, and this Python without packages."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

COMMANDS = (
    "bash cat chmod cp cut date dirname basename env expr false find grep head id ln ls mkdir mktemp mv printf pwd rm sed seq setsid sh "
    "sleep sort tail tar tee test touch tr true uname wc xargs"
).split()
_LEFT_OUT = frozenset(("test", "site-packages", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "__pycache__"))
_LINKS = {"bin": "usr/bin", "sbin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "lib32": "usr/lib32"}
_FOLDERS = {"tmp": 0o1777, "var/tmp": 0o1777, "root": 0o700, "proc": 0o755, "sys": 0o755, "dev": 0o755, "etc": 0o755, "usr/bin": 0o755}
_LOADER = "/lib64/ld-linux-x86-64.so.2"


def make(host: str | None, names: tuple[str, ...]) -> None:
    """Make the image under these names."""
    docker = ["docker", *([] if host is None else ["--host", host])]
    line = [*docker, "import", "--change", "ENV PATH=/usr/local/bin:/usr/bin:/bin", "-", names[0]]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        _write(process.stdin)
        process.stdin.close()
    if process.returncode:
        raise RuntimeError(f"docker import ended with exit status {process.returncode}")
    for name in names[1:]:
        subprocess.run([*docker, "tag", names[0], name], check=True)


def _write(target: io.BufferedIOBase | io.RawIOBase) -> None:
    with tarfile.open(fileobj=target, mode="w|") as tar:  # type: ignore[call-overload]
        for name, mode in _FOLDERS.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for name, place in _LINKS.items():
            _link(tar, name, place)
        python = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}").resolve()
        _link(tar, "usr/bin/python3", str(python))
        written: set[str] = set()
        for file in [*_programs(), python, *_library()]:
            _add(tar, file, written)
        for text, name in (("root:x:0:0:root:/root:/bin/sh\n", "etc/passwd"), ("root:x:0:\n", "etc/group")):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))


def _link(tar: tarfile.TarFile, name: str, place: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, place, 0o777
    tar.addfile(entry)


def _programs() -> Iterator[Path]:
    for command in COMMANDS:
        found = shutil.which(command, path="/usr/bin:/bin")
        if found is not None:
            yield Path(found)


def _library() -> Iterator[Path]:
    """The modules of Python's library."""
    for folder, names, files in os.walk(sysconfig.get_path("stdlib")):
        names[:] = sorted(set(names) - _LEFT_OUT)
        yield from (Path(folder, name) for name in sorted(files) if not name.endswith((".a", ".pyc")))


def _add(tar: tarfile.TarFile, file: Path, written: set[str]) -> None:
    """A file under its own path, links followed, and the libraries that it needs."""
    name = _place(file)
    if name in written:
        return
    written.add(name)
    real = file.resolve()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = real.stat().st_size, real.stat().st_mode & 0o755
    with real.open("rb") as content:
        head = content.read(4)
        content.seek(0)
        tar.addfile(entry, content)
    if head == b"\x7fELF":
        for library in _needed(real):
            _add(tar, library, written)


def _place(file: Path) -> str:
    """Where a file goes: below `usr` also where this machine still has the old folders."""
    first, _, rest = str(file).lstrip("/").partition("/")
    return f"{_LINKS.get(first, first)}/{rest}"


def _needed(file: Path) -> Iterator[Path]:
    said = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False).stdout
    words = {word for word in said.split() if word.startswith("/")}
    yield from (Path(word) for word in sorted(words | ({_LOADER} if words else set())) if Path(word).exists())
