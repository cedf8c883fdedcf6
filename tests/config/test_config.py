"""`[tool.mloc]`: what is read, what is refused with which words, and that the published schema says the same."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from mloc.config.model import Config, ConfigError, Limits
from mloc.config.places import line_of
from mloc.config.read import config, read
from mloc.diagnostics.select import Policy

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "mloc" / "schemas" / "config.schema.json").read_text(encoding="utf-8"))
EVERYTHING = """
[project]
name = "x"

[tool.mloc]
src = ["src"]
select = ["W"]
ignore = ["W06", "W0704"]
deny = ["W0604"]
strict = true
targets = ["kfp", "airflow"]
baseline = "known.json"

[tool.mloc.limits]
cpu = 8
memory = "64GiB"
disk = "1.5TB"
gpu = 0
require = ["cpu", "memory"]
"""
# the lines of [tool.mloc], the line that is wrong, and what is said
WRONG = [
    ("sourc = []", 2, r"`\[tool.mloc\]` has no setting `sourc`; it has `src`"),
    ("ignor = []", 2, r"has no setting `ignor`; did you mean `ignore`\?"),
    ('strict = "yes"', 2, "`strict` in `.*` must be true or false"),
    ('\nignore = ["W99"]', 3, "`ignore` in .* is wrong: `W99` is not a code, nor the beginning of one"),
    ('ignore = ["latest-image"]', 2, "its code is `W0704`"),
    ('ignore = ["latest-imag"]', 2, r"did you mean `latest-image`\?"),
    ('deny = ["E04"]', 2, "`E04` names errors, which are always reported"),
    ('select = "W"', 2, "must be a list of codes"),
    ("targets = [1]", 2, "must be a list of targets"),
    ("baseline = 1", 2, "must be a file"),
    ("limits = 3", 2, "`limits` must be a table"),
    ('limits = { cpu = "8" }', 2, r"`cpu` in `\[tool.mloc.limits\]` must be a number above zero"),
    ("[tool.mloc.limits]\ngpus = 2", 3, r"`\[tool.mloc.limits\]` has no setting `gpus`; did you mean `gpu`\?"),
    ("limits.memory = 64", 2, "must be a size with its unit"),
    ("limits.gpu = -1", 2, "must be a whole number"),
    ('limits.require = "cpu"', 2, "must be a list of resources"),
    ('limits.require = ["memry"]', 2, r"must be a list of resources.*did you mean `memory`\?"),
    ("limits.cpu = true", 2, "must be a number above zero"),
    ("limits.cpu = inf", 2, "must be a number above zero"),
]


def configured(folder: Path, text: str) -> Config:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return config(read(folder))


def test_everything(tmp_path: Path) -> None:
    limits = Limits(cpu=8.0, memory=64 * 2**30, disk=1_500_000_000_000, gpu=0, require=("cpu", "memory"))
    policy = Policy(("W",), ("W06", "W0704"), ("W0604",), strict=True)
    assert configured(tmp_path, EVERYTHING) == Config(("src",), policy, ("kfp", "airflow"), limits, "known.json")


def test_nothing(tmp_path: Path) -> None:
    assert config(read(tmp_path)) == Config() == configured(tmp_path, "[project]\nname = 'x'\n")


@pytest.mark.parametrize(("text", "line", "message"), WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"pyproject\.toml:{line}: .*{message}"):
        configured(tmp_path, f"[tool.mloc]\n{text}\n")


def test_the_schema_accepts_what_is_accepted() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(tomllib.loads(EVERYTHING)["tool"]["mloc"], SCHEMA)


# A schema does not know which codes there are, and takes infinity for a number.
@pytest.mark.parametrize("text", [text for text, _, message in WRONG if "nor the beginning" not in message and "inf" not in text])
def test_the_schema_refuses_what_is_refused(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(f"[tool.mloc]\n{text}\n")["tool"]["mloc"], SCHEMA)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("tool", "mloc"), 2),
        (("tool", "mloc", "src"), 3),
        (("tool", "mloc", "limits", "cpu"), 4),
        (("tool", "mloc", "other"), 2),
        (("tool", "mloc", "limits", "gpu"), 6),
        (("project", "name"), None),
    ],
)
def test_places(path: tuple[str, ...], line: int | None) -> None:
    text = '# tool\n[tool.mloc] # comment\n"src" = []\nlimits.cpu = 3\n[tool.mloc.limits]\ngpu = 1\n[tool.other]\nsrc = 1\n'
    assert line_of(text, path) == line


def test_a_check_does_not_load_what_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(EVERYTHING.replace('targets = ["kfp", "airflow"]\nbaseline = "known.json"', ""))
    (tmp_path / "p.mlp").write_text('mlp 1\n\npipeline p():\n    require true, "x"\n')
    code = "import sys; from mloc.cli import main; main(['check', 'p.mlp']); print([m for m in ('jsonschema', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
