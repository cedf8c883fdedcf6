"""Names in an Airflow bundle: task ids, and the Python names of functions and variables in the DAG file."""

from __future__ import annotations

import builtins
import keyword
import re

from mloc.emit.names import identifiers, shorten

TASK_ID_LIMIT = 200

# TaskFlow hands these to a function that has a parameter of that name; the list joins those of Airflow 3.1 to 3.3.
CONTEXT_KEYS = frozenset(
    """
    asset_state_store conf conn dag dag_run data_interval_end data_interval_start ds ds_nodash exception execution_date
    expanded_ti_count inlet_events inlets logical_date macros map_index_template next_ds next_execution_date outlet_events outlets
    params partition_date partition_key prev_data_interval_end_success prev_data_interval_start_success prev_end_date_success
    prev_start_date_success reason run_id start_date task task_instance task_instance_key_str task_reschedule_count
    task_state_store templates_dict test_mode ti triggering_asset_events try_number ts ts_nodash ts_nodash_with_tz var
    """.split()
)

# What the DAG file imports or spells itself.
IMPORTED = frozenset(
    """
    Asset AssetAny CronTriggerTimetable EmptyOperator Outputs Param Sequence TaskGroup TriggerRule XComArg annotations arm at_end
    by_item collect dag datetime decide docker_step gathered items k8s launch_parameters one_at_a_time output pendulum pod_step run
    run_body run_handler task task_group timedelta timezone tolerated yields
    """.split()
)

_TAKEN = CONTEXT_KEYS | IMPORTED | frozenset(dir(builtins)) | frozenset(keyword.kwlist) | frozenset(keyword.softkwlist)


class Names:
    """Gives out names, no one twice; those asked for first are the ones that stay as they are."""

    def __init__(self) -> None:
        self._python: set[str] = set(_TAKEN)
        self._tasks: set[str] = set()

    def python(self, *wanted: str) -> str:
        """The first of the wanted names that is free, else the last with a number."""
        candidates = [next(iter(identifiers([name]).values())) for name in wanted]
        found = _first_free(candidates, self._python, "_")
        self._python.add(found)
        return found

    def task(self, wanted: str) -> str:
        """A task id: `trials[].fit` gives `trials.fit`, `if#1` gives `if_1`."""
        plain = shorten(re.sub(r"[^\w.-]", "_", wanted.replace("$", "").replace("[]", ""), flags=re.ASCII), TASK_ID_LIMIT)
        found = _first_free([plain], self._tasks, "_")
        self._tasks.add(found)
        return found

    def group(self, wanted: str) -> str:
        """A group id, which shares one namespace with the task ids and holds no dot."""
        return self.task(wanted.replace("[]", "").replace(".", "_"))


def _first_free(candidates: list[str], taken: set[str], joint: str) -> str:
    for name in candidates:
        if name not in taken:
            return name
    number = 2
    while f"{candidates[-1]}{joint}{number}" in taken:
        number += 1
    return f"{candidates[-1]}{joint}{number}"
