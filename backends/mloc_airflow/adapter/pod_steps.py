"""Tasks whose container runs in a pod: a decorator for their functions, by Airflow's KubernetesPodOperator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator  # type: ignore[import-not-found, unused-ignore]
from airflow.sdk.bases.decorator import DecoratedOperator, TaskDecorator, task_decorator_factory  # type: ignore[import-not-found, unused-ignore]

from .containers import Container
from .engine import of_this_task, task_context

_FILES = "mloc-files"
"""The name of the volume for a step's files; `places.json` says which one it is."""


class PodStep(DecoratedOperator, KubernetesPodOperator):  # type: ignore[misc, unused-ignore]
    """A KubernetesPodOperator whose function fills in the command, the environment and the folder of files, and has it run."""

    custom_operator_name = "@pod_step"
    # What the program says is never a template.
    template_fields = DecoratedOperator.template_fields
    template_fields_renderers = DecoratedOperator.template_fields_renderers
    template_ext = ()

    def __init__(self, **keywords: Any) -> None:  # noqa: ANN401  those of the operator
        super().__init__(**_keywords(keywords))
        # The outputs are what the function gives. To the operator the word means a second container.
        self.do_xcom_push = True

    def execute(self, context: object) -> Any:  # noqa: ANN401  what the function gives
        return self.python_callable(*self.op_args, **self.op_kwargs)


def pod_step(**keywords: Any) -> TaskDecorator:  # noqa: ANN401  those of the operator
    """`@task`, with a container by the KubernetesPodOperator."""
    return task_decorator_factory(decorated_operator_class=PodStep, **keywords)


class PodContainer:
    """A container by the operator of this task, or by one within a task of several steps."""

    def __init__(self, container: Container, said: Mapping[str, Any]) -> None:
        operator: Any = of_this_task(PodStep) or KubernetesPodOperator(task_id="container", **_keywords(said["operator"]))
        self._operator = operator
        operator.pod = operator.pod_request_obj = operator.remote_pod = None
        operator._killed = False
        operator.cmds, operator.arguments = _kept(container.command), _kept(container.args)
        operator.env_vars = dict(zip(container.environment, _kept(tuple(container.environment.values())), strict=True))
        operator.pod_template_dict = _with_files(said["operator"]["pod_template_dict"], container, said.get("folder"))

    def execute(self) -> None:
        operator, pushes = self._operator, self._operator.do_xcom_push
        operator.do_xcom_push = False
        try:
            operator.execute_sync(task_context())
        finally:
            operator.do_xcom_push = pushes

    def end(self) -> None:
        KubernetesPodOperator.on_kill(self._operator)

    def exit_status(self, error: Exception) -> int | None:
        status = getattr(self._operator.remote_pod, "status", None)
        for container in getattr(status, "container_statuses", None) or ():
            ended = getattr(container.state, "terminated", None)
            if container.name == self._operator.base_container_name and ended is not None:
                return int(ended.exit_code)
        return None


def _keywords(said: Mapping[str, Any]) -> dict[str, Any]:
    """The operator's keywords: those said, and those that every container of ours has. A pod of an attempt before has other files."""
    return {"on_finish_action": "delete_pod", "reattach_on_restart": False} | dict(said) | {"do_xcom_push": False}


def _with_files(pod: Mapping[str, Any], container: Container, folder: str | None) -> dict[str, Any]:
    """The pod in which the container's scratch folder, of the shared volume that alone, is seen by the path it has here."""
    spec = pod["spec"]
    (base,) = spec["containers"]
    mount = {"name": _FILES, "mountPath": str(container.scratch)}
    if folder is not None:
        mount["subPath"] = str(container.scratch.relative_to(Path(folder)))
    work = container.scratch if folder is None else container.work
    filled = {**base, "workingDir": str(work), "volumeMounts": [mount, *base.get("volumeMounts", [])]}
    return {**pod, "spec": {**spec, "containers": [filled]}}


def _kept(texts: tuple[str, ...]) -> list[str]:
    """Texts that Kubernetes, which replaces `$(NAME)` and `$$`, leaves as they are."""
    return [text.replace("$", "$$") for text in texts]
