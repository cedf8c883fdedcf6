"""Schedules as Kubeflow has them: a recurring run of its API for each, as a file beside the pipeline, and a program that creates them."""

from __future__ import annotations

import json
import pkgutil
from datetime import UTC, datetime, timedelta

from mloc import patterns
from mloc.backend import Request
from mloc.emit.names import dns_labels
from mloc.frozen import dataclass
from mloc.ir.constant import is_constant, value_of
from mloc.ir.model import Launch, Parameter, Pipeline
from mloc.ir.program import PARAMETERS
from mloc.runner.program import Program, parse_inputs
from mloc.runner.types import parse_domain, parse_type
from mloc.types.encode import domain_json, type_json
from mloc_kfp import bundle
from mloc_kfp.naming import launch_values, scheduled_values
from mloc_kfp.spec import Doc, describe
from mloc_kfp.vendored.natural import OF_SCHEDULE, form, to_natural

FOLDER, CREATE = "schedules", "create_schedules.py"
# The most runs of one recurring run at once that the API takes.
_MOST_AT_ONCE = 10
_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal")
_DAYS = {"today", "scheduled_date"}
_FIXED = patterns.of(r"Etc/GMT([+-][0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class Refused:
    """What of a schedule Kubeflow cannot express: what, why, and what to do."""

    what: str
    why: str
    help: str


def schedules(pipeline: Pipeline) -> tuple[Launch, ...]:
    return tuple(launch for launch in pipeline.launches if launch.kind == "schedule")


def refusals(pipeline: Pipeline, launch: Launch) -> tuple[Refused, ...]:
    """What Kubeflow's recurring runs have no word for."""
    found = []
    if utc_cron(launch.cron or "", launch.timezone) is None:
        why = "its server reads all crons in UTC, and this one is no single cron of UTC"
        found.append(Refused(f"timezone {launch.timezone}", why, "write the cron in UTC, or schedule the pipeline on Airflow"))
    elif launch.timezone not in _UTC and _DAYS & {*launch_values(pipeline), *scheduled_values(pipeline)}:
        why = "the day of a run is that of UTC, and it reads that"
        found.append(Refused(f"timezone {launch.timezone}", why, "write the cron in UTC"))
    if launch.overlap == "skip":
        why = "a recurring run starts what it could not start in time as soon as the run before it has ended"
        found.append(Refused("overlap skip, which is the usual,", why, "say `overlap queue`, or `overlap allow`"))
    kinds = {parameter.name: _kind(parameter) for parameter in pipeline.parameters}
    for name in (name for name, value in launch.args if not is_constant(value) and kinds[name] != "STRING"):
        why = f"what is computed when the run starts is given as a text, and this parameter is a {kinds[name]} of Kubeflow's"
        found.append(Refused(f"argument `{name}`, which asks the run,", why, "compute it in the pipeline"))
    return tuple(found)


def _kind(parameter: Parameter) -> str:
    domain = None if parameter.domain is None else parse_domain(domain_json(parameter.domain))
    return form(parse_type(type_json(parameter.type)), domain)


def files(request: Request) -> dict[str, str | bytes]:
    """The definitions, by file, and the program that creates them; none where nothing is scheduled."""
    launches = schedules(request.pipeline)
    if not launches:
        return {}
    names = dns_labels([launch.name for launch in launches], 48)
    found: dict[str, str | bytes] = {}
    for launch in launches:
        found[f"{FOLDER}/{names[launch.name]}.json"] = json.dumps(definition(request, launch), indent=2, ensure_ascii=False) + "\n"
    # It is no module of ours: no module of a backend imports an engine's SDK.
    program = pkgutil.get_data("mloc_kfp", "create_schedules.txt")
    assert program is not None
    return found | {CREATE: program}


def definition(request: Request, launch: Launch) -> Doc:
    """The body of a request to `/apis/v2beta1/recurringruns`; what is missing is the pipeline's version, which the server names."""
    cron = utc_cron(launch.cron or "", launch.timezone)
    schedule: Doc = {"cron": cron}
    if launch.start is not None:
        # Kubeflow looks for the first time after it, and the start itself is a time.
        schedule["start_time"] = _instant(launch.start, -1)
    if launch.end is not None:
        schedule["end_time"] = _instant(launch.end, -1)
    return {
        "display_name": f"{request.pipeline.name}: {launch.name}",
        **describe(launch.doc),
        "max_concurrency": str(1 if launch.overlap == "queue" else _MOST_AT_ONCE),
        "no_catchup": not launch.catchup,
        "mode": "ENABLE",
        "trigger": {"cron_schedule": schedule},
        "runtime_config": {"parameters": _parameters(request, launch)},
    }


def _parameters(request: Request, launch: Launch) -> Doc:
    """What the runs are given; what is computed of a run has the name of the schedule instead."""
    declared = parse_inputs(Program(bundle.document(request)).unit(PARAMETERS).body.get("parameters"))
    given = dict(launch.args)
    found: Doc = {}
    for each in (parameter for parameter in declared if parameter.name in given):
        value = given[each.name]
        computed = f"{OF_SCHEDULE}{launch.name}"
        found[each.name] = to_natural(each.type, form(each.type, each.domain), value_of(value).text) if is_constant(value) else computed
    return found


def _instant(text: str, seconds: int) -> str:
    """A date or an instant as the API writes it, so many seconds later."""
    found = datetime.fromisoformat(text)
    at = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return (at.astimezone(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- crons -----------------------------------------------------------------------------------------------------------


def utc_cron(cron: str, zone: str) -> str | None:
    """A cron of five fields in a zone as Kubeflow reads it, with seconds and in UTC; None where no one cron is the same.

    Days are written as numbers: Kubeflow has no Sunday 7, and takes `*/2` for every day when the other field of days is given.
    """
    minutes, hours, days, months, weekdays = cron.split()
    west = _hours_west(zone)
    if west is None:
        return None
    shifted = hours
    if west:
        moved = [hour + west for hour in _numbers(hours, 0, 23)]
        turns = {hour // 24 for hour in moved}
        every = days == "*" and months == "*"
        if turns != {0} and not (every and (weekdays == "*" or len(turns) == 1)):
            return None
        shifted = "*" if hours == "*" else _text([hour % 24 for hour in moved])
        if weekdays != "*":
            weekdays = _text([(day + min(turns)) % 7 for day in _numbers(weekdays, 0, 7)])
    days = days if days == "*" else _text(_numbers(days, 1, 31))
    weekdays = weekdays if weekdays == "*" else _text([day % 7 for day in _numbers(weekdays, 0, 7)])
    return f"0 {minutes} {shifted} {days} {months} {weekdays}"


def _hours_west(zone: str) -> int | None:
    """How many hours a zone is behind UTC, always; None for one that has summers."""
    if zone in _UTC:
        return 0
    fixed = _FIXED.fullmatch(zone)
    return None if fixed is None else int(fixed[1])


def _numbers(field: str, low: int, high: int) -> list[int]:
    found: set[int] = set()
    for item in field.split(","):
        body, _, step = item.partition("/")
        first, _, last = body.partition("-")
        ends = (low, high) if body == "*" else (int(first), int(last or first))
        found.update(range(ends[0], ends[1] + 1, int(step or 1)))
    return sorted(found)


def _text(numbers: list[int]) -> str:
    return ",".join(map(str, sorted(set(numbers))))
