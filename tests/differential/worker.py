"""Runs programs on one engine, one after the other: `python -m tests.differential.worker ENGINE`, a JSON document a line in and out."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

from tests.differential.engines import observe
from tests.differential.prefork import forking
from tests.differential.same_runner import share

_LOADS = {
    "native": (),
    "kfp": ("mloc_kfp.launch", "kfp.local"),
    "flyte": ("mloc_flyte.launch", "flytekit"),
    "airflow": ("mloc_airflow.launch",),
}


def main(engine: str) -> None:
    # What the engines print must not stand between our answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if not os.environ.get("MLOC_DIFFERENTIAL_LOG"):
        os.dup2(1, 2)
    for module in _LOADS[engine]:
        importlib.import_module(module)
    # Kubeflow reads its documents by `yaml.safe_load`, which takes longer than running them where it is not the one in C.
    vars(yaml)["SafeLoader"] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    share()
    with forking():
        for line in sys.stdin:
            asked = json.loads(line)
            folder = Path(tempfile.mkdtemp(prefix="mloc-differential-"))
            try:
                answer = observe(engine, asked["text"], asked["given"], folder)
            finally:
                with contextlib.suppress(OSError):
                    shutil.rmtree(folder)
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
