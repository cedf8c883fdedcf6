"""Reads a folder of DAGs as Airflow's DAG processor does, in a home of its own; ends with 1 when a file does not load.

Usage: python benchmarks/read_dags.py FOLDER
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from mloc_airflow.launch_home import settings


def main(folder: Path) -> int:
    with tempfile.TemporaryDirectory(prefix="mloc-airflow-") as home:
        os.environ.update(settings(Path(home)))
        sys.path.insert(0, str(folder))
        from airflow.dag_processing.dagbag import DagBag  # only now does it find its home

        bag = DagBag(str(folder))
        print(bag.import_errors or "\n".join(bag.dags))
        return 1 if bag.import_errors or not bag.dags else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
