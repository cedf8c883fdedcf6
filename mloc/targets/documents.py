"""The table of attributes that lies beside a backend as `attributes.schema.json`."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from functools import cache

FILE = "attributes.schema.json"


@cache
def document(package: str) -> Mapping[str, object]:
    """The document of a backend's package. Raises FileNotFoundError when it was installed without it."""
    data = pkgutil.get_data(package, FILE)
    if data is None:
        raise FileNotFoundError(f"{package}/{FILE} cannot be read where it is installed")
    found: Mapping[str, object] = json.loads(data)
    return found
