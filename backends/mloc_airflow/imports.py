"""The import lines of a DAG file: what it uses, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mloc import patterns
from mloc.emit.python import WIDTH, Bracket, Code, layout

_SDK = ("Asset", "AssetAny", "Param", "TaskGroup", "TriggerRule", "XComArg", "dag", "task", "task_group")
_ADAPTER = tuple(
    """
    Outputs at_end by_item collect decide gathered items launch_parameters one_at_a_time output run run_body run_handler tolerated yields
    """.split()
)
_STRING = patterns.of(r'"(?:[^"\\]|\\.)*"')
_WORD = patterns.of(r"[A-Za-z_]\w*")


def imports(used: set[str], package: str) -> str:
    """The import lines for the names that a file uses; it gives none of them another meaning."""
    standard = ["from collections.abc import Sequence"] if "Sequence" in used else []
    times = [name for name in ("datetime", "timedelta", "timezone") if name in used]
    standard += [f"from datetime import {', '.join(times)}"] if times else []
    airflow = ["import pendulum"] if "pendulum" in used else []
    airflow += ["from airflow.providers.standard.operators.empty import EmptyOperator"] if "EmptyOperator" in used else []
    airflow.append(_from("airflow.sdk", (name for name in _SDK if name in used)))
    airflow += ["from kubernetes.client import models as k8s"] if "k8s" in used else []
    # The place that all versions have.
    airflow += ["from airflow.timetables.trigger import CronTriggerTimetable"] if "CronTriggerTimetable" in used else []
    adapter = [f"from {package}.{name}s import {name}" for name in ("docker_step", "pod_step") if name in used]
    adapter.append(_from(f"{package}.tasks", (name for name in _ADAPTER if name in used)))
    sections = [["from __future__ import annotations"], standard, airflow, adapter]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def words(*sources: Code) -> Iterator[str]:
    """The names in code, without what stands in strings."""
    for source in sources:
        if isinstance(source, str):
            yield from _WORD.findall(_STRING.sub("", source))
        else:
            yield from words(source.opening)
            for _, item in source.items:
                yield from words(item)


def _from(module: str, names: Iterable[str]) -> str:
    members = Bracket("", tuple(("", name) for name in names), "")
    line = layout(members, 0, f"from {module} import ", width=10_000)
    if len(line) <= WIDTH:
        return line
    return layout(Bracket("(", members.items, ")"), 0, f"from {module} import ", width=0)
