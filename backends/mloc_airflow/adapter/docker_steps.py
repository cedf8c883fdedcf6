"""Tasks whose container the Docker of the worker runs: a decorator for their functions, by Airflow's DockerOperator."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from inspect import unwrap
from typing import Any

from airflow.providers.docker.operators.docker import DockerOperator  # type: ignore[import-not-found, unused-ignore]
from airflow.sdk.bases.decorator import DecoratedOperator, TaskDecorator, task_decorator_factory  # type: ignore[import-not-found, unused-ignore]
from docker.types import DeviceRequest, Mount  # type: ignore[import-untyped, import-not-found, unused-ignore]

from .containers import Container
from .engine import of_this_task, task_context

_STATUS = re.compile(r"'StatusCode': (\d+)")


class DockerStep(DecoratedOperator, DockerOperator):  # type: ignore[misc, unused-ignore]
    """A DockerOperator whose function fills in the command, the environment and the folder of files, and has it run."""

    custom_operator_name = "@docker_step"
    # What the program says is never a template.
    template_fields = DecoratedOperator.template_fields
    template_fields_renderers = DecoratedOperator.template_fields_renderers
    template_ext = ()

    def __init__(self, **keywords: Any) -> None:  # noqa: ANN401  those of the operator
        super().__init__(**_keywords(keywords))

    def execute(self, context: object) -> Any:  # noqa: ANN401  what the function gives
        return self.python_callable(*self.op_args, **self.op_kwargs)


def docker_step(**keywords: Any) -> TaskDecorator:  # noqa: ANN401  those of the operator, and `gpus`
    """`@task`, with a container by the DockerOperator."""
    return task_decorator_factory(decorated_operator_class=DockerStep, **keywords)


class DockerContainer:
    """A container by the operator of this task, or by one within a task of several steps."""

    def __init__(self, container: Container, said: Mapping[str, Any]) -> None:
        operator: Any = of_this_task(DockerStep) or DockerOperator(task_id="container", **_keywords(said["operator"]))
        self._operator = operator
        operator.container = None
        operator.entrypoint, operator.command = list(container.command) or None, list(container.args)
        operator.environment = dict(container.environment)
        operator.mounts = [Mount(target=str(container.scratch), source=str(container.scratch), type="bind")]
        operator.working_dir = str(container.work)

    def execute(self) -> None:
        # Airflow warns of operators that are run by hand, which that of one step among several in a task is.
        unwrap(DockerOperator.execute)(self._operator, task_context())

    def end(self) -> None:
        DockerOperator.on_kill(self._operator)

    def exit_status(self, error: Exception) -> int | None:
        match = _STATUS.search(str(error))
        return None if match is None else int(match.group(1))


def _keywords(said: Mapping[str, Any]) -> dict[str, Any]:
    """The operator's keywords: those said, and those that every container of ours has."""
    found = {"auto_remove": "force", "mount_tmp_dir": False} | dict(said)
    gpus = found.pop("gpus", None)
    if gpus is not None:
        found["device_requests"] = [DeviceRequest(count=gpus, capabilities=[["gpu"]])]
    if os.getuid():
        # So that the worker can remove what the container leaves.
        found.setdefault("user", f"{os.getuid()}:{os.getgid()}")
    return found
