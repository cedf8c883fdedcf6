"""The parameters that a schedule or trigger binds, computed when its run starts."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from mloc.runner.api import StepFailed
from mloc.runner.jsons import as_array, as_object, as_text

from .engine import last_published, this_dag
from .run_values import launches
from .units import program, run_once


def bound_parameters() -> dict[str, str]:
    """The captures of the parameters that the launch of this run binds: none of a run of the plain DAG."""
    launch = launches().get(this_dag())
    if launch is None:
        return {}
    unit = program().unit(as_text(launch["unit"], "a unit"))
    values = run_once(unit.id, {}, retries=False, attempt=1, cancel=threading.Event())
    computed = {as_text(name, "a parameter") for name in as_array(launch["computed"], "parameters")}
    found = {f"${name}": text for name, text in values.items() if name in computed}
    for parameter, asset in as_object(launch["given"], "parameters").items():
        found[f"${parameter}"] = _published(parameter, as_text(asset, "an asset"))
    return found


def _published(parameter: str, asset: str) -> str:
    """What a parameter is given by an asset: of what its last update made the output of the parameter's name, else the only one."""
    extra = last_published(asset)
    if extra is None:
        raise StepFailed("exception", f"the asset `{asset}`, which gives parameter `{parameter}`, was never updated")
    made = extra.get("mloc")
    outputs: Mapping[str, object] = made if isinstance(made, dict) else {}
    if parameter not in outputs and len(outputs) != 1:
        shown = ", ".join(f"`{name}`" for name in outputs) or "none that mloc knows"
        raise StepFailed("exception", f"the last update of asset `{asset}` made no output `{parameter}`: it made {shown}")
    return str(outputs[parameter] if parameter in outputs else next(iter(outputs.values())))
