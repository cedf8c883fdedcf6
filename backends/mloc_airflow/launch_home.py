"""An Airflow home of this process's own: configuration, an empty DAGs folder and a database that is ready to use."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from functools import cache
from pathlib import Path


class HomeTaken(Exception):
    """Airflow was imported already with another home: it reads its configuration only once."""


def settings(home: Path) -> dict[str, str]:
    """The environment variables of an Airflow that keeps to a home and reads no other configuration."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
    }


@cache
def private_home(airflow_version: str) -> Path:
    """The home of this process, made on first use and removed at its end. Raises HomeTaken."""
    if "airflow" in sys.modules:
        raise HomeTaken("Airflow is imported in this process already: it must be imported after its home was made")
    home = Path(tempfile.mkdtemp(prefix="mloc-airflow-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    (home / "dags").mkdir()
    for name in [name for name in os.environ if name.startswith("AIRFLOW_")]:
        del os.environ[name]
    os.environ.update(settings(home))
    shutil.copyfile(migrated_database(airflow_version), home / "airflow.db")
    return home


def migrated_database(airflow_version: str) -> Path:
    """A database of this version without any content, made once for a user and kept: making it takes ten seconds."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = caches / "mloc" / f"airflow-{airflow_version}.db"
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mloc-airflow-") as folder:
        home = Path(folder)
        outside = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        done = subprocess.run(command, env={**outside, **settings(home)}, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(f"airflow db migrate failed: {done.stderr.strip()[-2000:]}")
        # Another process may be doing the same: the last one wins, and both are alike.
        unfinished = kept.with_name(f"{kept.name}.{uuid.uuid4().hex}")
        shutil.copyfile(home / "airflow.db", unfinished)
        unfinished.replace(kept)
    return kept
