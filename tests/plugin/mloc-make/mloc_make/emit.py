"""The bundle: a Makefile, and the package that its rules call."""

from __future__ import annotations

import json
from importlib.resources import files

from mloc.backend import Artifacts, Request
from mloc.emit.names import identifiers
from mloc_make.rules import Rule, rules

_HEAD = """\
# The pipeline `{name}`, written by mloc {version}.
# MLOC_PARAMETERS=parameters.json MLOC_STORE=store make -k -j
PYTHON ?= python3
RUN ?= run

all: $(RUN)/{outputs}.json

.PHONY: all
"""


def emit(request: Request) -> Artifacts:
    """`Makefile`, and `<pipeline>_mloc/` with the runner, the program and the user's code."""
    name = request.pipeline.name
    package = f"{name}_mloc"
    found: dict[str, str | bytes] = {
        "Makefile": makefile(request, package),
        f"{package}/__init__.py": "",
        f"{package}/program.json": json.dumps(request.program, indent=1) + "\n",
        f"{package}/unit.py": _adapter(),
    }
    found |= {f"{package}/runner/{path}": content for path, content in request.runner.items()}
    found |= {f"{package}/code/{path}": content for path, content in request.code.items()}
    return dict(sorted(found.items()))


def makefile(request: Request, package: str) -> str:
    made = rules(request.pipeline)
    names = identifiers([rule.key for rule in made])
    head = _HEAD.format(name=request.pipeline.name, version=request.mloc_version, outputs=names[made[-1].key])
    return head + "".join(_rule(rule, names, package, _python(request, rule)) for rule in made)


def _python(request: Request, rule: Rule) -> str:
    """What runs a rule: what `target make` says of its step, or of all."""
    attributes = request.attributes
    return str((attributes.of(rule.unit or "") or attributes.pipeline).get("python", "$(PYTHON)"))


def _rule(rule: Rule, names: dict[str, str], package: str, python: str) -> str:
    needs = "".join(f" $(RUN)/{names[need]}.json" for need in rule.needs)
    # Ids are made of names, digits and `.[]#$`: in single quotes only make itself sees any of them.
    unit = "" if rule.unit is None else rule.unit.replace("$", "$$")
    recipe = f"@{python} -m {package}.unit '{unit}' $@" if unit else "@echo '{}' > $@"
    return f"\n$(RUN)/{names[rule.key]}.json:{needs}\n\t{recipe}\n"


def _adapter() -> str:
    """The adapter's source, importing the runner of its own bundle."""
    source = files("mloc_make").joinpath("adapter", "unit.py").read_text(encoding="utf-8")
    return source.replace("from mloc.runner.", "from .runner.")
