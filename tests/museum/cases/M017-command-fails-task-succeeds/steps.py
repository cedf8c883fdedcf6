import subprocess
from pathlib import Path


def import_osm(extract: Path) -> None:
    subprocess.run(["osm2pgsql", "--create", "--slim", str(extract)])
