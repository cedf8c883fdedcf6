"""Container steps in pods of their own: the shell script that runs a command in its image, and the outputs that it left.

What is written here is a file that the container reads, so that nothing on the way rewrites `$(X)` or `{{…}}` among the words.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from mloc.runner.elsewhere import Around, CommandLine, Ended, container_results, container_words
from mloc.runner.failures import StepFailed
from mloc.runner.jsons import as_int, as_object, as_text
from mloc.runner.program import Program, Unit, parse_retry
from mloc.runner.records import FOLDER_VARIABLE, Records
from mloc.runner.secrets import find, variable_of
from mloc.runner.spill import Spill
from mloc.runner.steps import delay_seconds
from mloc.runner.units import Captures, located, place

from .handover import SCRIPT
from .pods import PodStore

# Below the folder that is left: what was written for the outputs, how the attempts ended, and what an object store would lose of trees.
_OUT, _ATTEMPTS, _FOLDERS, _PROGRAMS = "out", "attempts", "folders", "programs"

_HEAD = """\
# What mloc runs in the container of a step. Arguments: the folder to leave, its URI, and where Kubeflow may be told of it.
set -f
mloc_i=${0%/*} mloc_left=$1 mloc_o=$1/out
mkdir -p "$mloc_left" && : > "$mloc_left/attempts" || exit 1
case $3 in
    /*) mkdir -p "${3%/*}" && printf '{"artifacts":{"mloc-left":{"artifacts":[{"name":"mloc-left","uri":"%s"}]}}}' "$2" > "$3" ;;
esac
"""

# A failure is told by the exit status; where it is a value, or somebody keeps records, the next task says it.
_TAIL = """\
mloc_setsid=$(command -v setsid)
trap 'kill -15 $mloc_target; exit 143' TERM INT
for mloc_wait in $mloc_waits end; do
    rm -rf "$mloc_o" && mkdir -p "$mloc_o" && mloc_scratch=$(mktemp -d) && mkdir "$mloc_scratch/work" && cd "$mloc_scratch/work" || exit 1
    mloc_began=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    $mloc_setsid "$@" &
    mloc_pid=$! mloc_watch=
    mloc_target=${mloc_setsid:+-}$mloc_pid
    if [ "$mloc_limit" != 0 ]; then
        (
            trap 'kill $mloc_nap; exit' TERM
            sleep "$mloc_limit" & mloc_nap=$!
            wait $mloc_nap
            : > "$mloc_scratch/late"
            kill -15 $mloc_target
            sleep 10 & mloc_nap=$!
            wait $mloc_nap
            kill -9 $mloc_target
        ) > /dev/null 2>&1 &
        mloc_watch=$!
    fi
    wait $mloc_pid
    mloc_status=$?
    [ -z "$mloc_watch" ] || kill $mloc_watch 2> /dev/null
    # What it left running.
    [ -z "$mloc_setsid" ] || kill -9 $mloc_target 2> /dev/null
    mloc_end=ended mloc_kind=exception
    if [ -e "$mloc_scratch/late" ]; then
        mloc_end=late mloc_kind=timeout
        [ $mloc_status != 0 ] || mloc_status=143
    elif [ $mloc_status = 137 ]; then mloc_kind=oom
    fi
    echo "$mloc_end $mloc_status $mloc_began" >> "$mloc_left/attempts"
    cd / && rm -rf "$mloc_scratch"
    [ "$mloc_end $mloc_status" != "ended 0" ] || break
    echo "failed: $mloc_kind, exit status $mloc_status" >&2
    case " $mloc_on " in
        *" $mloc_kind "*) [ "$mloc_wait" = end ] || sleep "$mloc_wait" ;;
        *) break ;;
    esac
done
# An object store keeps neither folders nor what may be executed.
cd "$mloc_o" && find . -type d > "$mloc_left/folders" && find . -type f -perm -100 > "$mloc_left/programs"
[ "$mloc_end $mloc_status" != "ended 0" ] && [ -z "$mloc_goes_on" ] && exit $mloc_status
exit 0
"""


def write_script(
    program: Program,
    unit_id: str,
    captures: Mapping[str, str],
    store: PodStore,
    records: Records,
    spill: Spill,
    folder: Path,
    lenient: bool,
) -> None:
    """Write the script of a call's container into a folder, and its input files beside it. Raises StepFailed, and StoreError."""
    unit, given, out = program.unit(unit_id), folder / "in", Path("/", f"mloc-out-{uuid.uuid4().hex}")
    _secrets(program, unit, captures, records)
    given.mkdir(parents=True)
    around = Around(store, records, spill)
    line = container_words(program, unit_id, captures, around, folder=given, out=out)
    parts = [
        _HEAD,
        *_settings(program, unit, lenient),
        *_trees(given),
        _words(line, {str(given): "$mloc_i/in", str(out): "$mloc_o"}),
        _TAIL,
    ]
    (folder / SCRIPT).write_text("\n".join(parts), encoding="utf-8")


def write_idle(folder: Path) -> None:
    """Write a script that runs nothing, because something failed before it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / SCRIPT).write_text(_HEAD, encoding="utf-8")


def results(
    program: Program, unit_id: str, captures: Mapping[str, str], store: PodStore, records: Records, spill: Spill, left: Path
) -> dict[str, str]:
    """What a container gave, as it may travel. Raises StepFailed, and StoreError."""
    _restore(left)
    secrets = _secrets(program, program.unit(unit_id), captures, records)
    around = Around(store, records, spill, secrets)
    return container_results(program, unit_id, captures, around, _attempts(left / _ATTEMPTS), out=left / _OUT)


def _secrets(program: Program, unit: Unit, captures: Mapping[str, str], records: Records) -> dict[str, str]:
    """The secrets of a step by variable. Raises StepFailed for one that is not to be had."""
    try:
        return find(program, unit, {})
    except StepFailed as failure:
        reader = Captures(program, unit, captures)
        records.failed(place(unit.id, reader.at()), unit.id, failure)
        raise located(failure, unit, reader) from None


def _settings(program: Program, unit: Unit, lenient: bool) -> list[str]:
    """Assignments: the attempts, and the variables that the command is given."""
    retry, limit = parse_retry(unit.settings.get("retry")), unit.settings.get("timeout_ms")
    waits = (f"{delay_seconds(retry, attempt):g}" for attempt in range(1, retry.count + 1))
    found = [
        f"mloc_limit={0 if limit is None else as_int(limit, 'timeout_ms') / 1000:g}",
        f"mloc_on={_quoted(' '.join(retry.on))}",
        f"mloc_waits={_quoted(' '.join(waits))}",
        f"mloc_goes_on={'yes' if lenient else '${' + FOLDER_VARIABLE + '-}'}",
        f"unset {FOLDER_VARIABLE}",
    ]
    for variable, name in as_object(unit.settings.get("secrets", {}), "secrets").items():
        # Of a run on this machine: Kubernetes gives the variable itself.
        source = variable_of(as_text(name, "a secret"))
        found.append(f'[ -z "${{{source}+x}}" ] || export {variable}="${source}"')
    declared = as_object(unit.settings.get("env", {}), "env")
    return [*found, *(f"export {name}={_quoted(as_text(text, name))}" for name, text in declared.items())]


def _trees(given: Path) -> list[str]:
    """What restores the input files, which come by an object store."""
    inside = sorted(given.rglob("*"))
    folders = [path for path in inside if path.is_dir()]
    programs = [path for path in inside if path.is_file() and path.stat().st_mode & stat.S_IXUSR]
    found = [f'mkdir -p "$mloc_i/in"/{_quoted(path.relative_to(given).as_posix())}' for path in folders]
    return found + [f'chmod +x "$mloc_i/in"/{_quoted(path.relative_to(given).as_posix())} 2> /dev/null' for path in programs]


def _words(line: CommandLine, places: Mapping[str, str]) -> str:
    return " ".join(["set --", *(_word(word, places) for word in (*line.command, *line.args))])


def _word(word: str, places: Mapping[str, str]) -> str:
    """A word for the shell, in which paths of this pod are those of the container's."""
    parts: Sequence[str] = re.split(f"({'|'.join(re.escape(each) for each in places)})", word)
    return "".join(f'"{places[part]}"' if part in places else _quoted(part) for part in parts if part) or "''"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _attempts(path: Path) -> list[Ended]:
    """What the script wrote of each attempt: its end, its exit status and when it began."""
    try:
        lines = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
    except OSError as error:
        raise StepFailed("exception", f"the container left no word of how it ended: {error.strerror}") from None
    return [Ended(int(status), end == "late", started) for end, status, started in lines]


def _restore(left: Path) -> None:
    """Make again what an object store has lost of the trees that a container wrote."""
    for name in _lines(left / _FOLDERS):
        (left / _OUT / name).mkdir(parents=True, exist_ok=True)
    for name in _lines(left / _PROGRAMS):
        path = left / _OUT / name
        if path.is_file() and not os.access(path, os.X_OK):
            path.chmod(path.stat().st_mode | 0o111)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines() if path.exists() else []
