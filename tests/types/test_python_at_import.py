"""W0620: what modules do when they are imported, and what is no effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.driver import analyse

FUNCTION = "\n\ndef f(n: int) -> int:\n    return n\n"
PROGRAM = 'mlp 1\n\nstep f(n: int) -> int:\n    run python "steps:f"\n\nstep g(n: int) -> int:\n    run python "steps:f"\n'


def told(folder: Path, code: str, **others: str) -> list[str]:
    for name, text in {"steps": code + FUNCTION, **others}.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "p.mlp").write_text(PROGRAM)
    return [d.message for d in analyse(str(folder / "p.mlp")).diagnostics if d.rule.code == "W0620"]


@pytest.mark.parametrize(
    ("code", "does"),
    [
        ('X = open("a").read()', "opens a file"),
        ('from pathlib import Path\n\nX = Path("a").read_text()', "reads a file"),
        ('import requests\n\nX = requests.get("https://example.org")', "uses the network"),
        ('from subprocess import run\n\nrun(["ls"])', "starts a program"),
        ('import os\n\nX = os.environ["A"]', "fails without a variable"),
        ('import os\n\nif True:\n    os.makedirs("a")', "changes files"),
    ],
)
def test_effects(code: str, does: str, tmp_path: Path) -> None:
    """Two steps need the module, and hear of it once."""
    found = told(tmp_path, code)
    assert len(found) == 1
    assert does in found[0]


def test_a_module_that_is_imported_counts(tmp_path: Path) -> None:
    assert "importing `helpers` opens a file" in told(tmp_path, "import helpers", helpers='X = open("a")\n')[0]


@pytest.mark.parametrize(
    "code",
    [
        'def g() -> str:\n    return open("a").read()',
        'if __name__ == "__main__":\n    print(open("a").read())',
        'from pathlib import Path\n\nX = (Path(__file__).parent / "a").read_text()',
        'import os\n\nX = os.environ.get("A", "")\nos.environ["B"] = "1"',
        "import requests\n\nS = requests.Session()",
        "from codecs import open\n\nX = open",
    ],
)
def test_no_effects(code: str, tmp_path: Path) -> None:
    assert told(tmp_path, code) == []
