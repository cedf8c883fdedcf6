"""Cached steps: what of their code and of their arguments makes keeping results a mistake, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.driver import analyse
from tests.lint.programs import findings

HEAD = "mlp 1\n\nrecord Job:\n    name: str\n    size: int\n\n"


def told(text: str) -> list[str]:
    return [d.rule.code for d in findings(text) if d.rule.code.startswith("W08")]


def inline(code: str, *attributes: str) -> list[str]:
    lines = "".join(f"        {line}\n" for line in code.split("\n"))
    rest = "".join(f"    {line}\n" for line in attributes or ("cache",))
    return told(f'{HEAD}step s(n: int) -> float:\n    run inline """\n{lines}        """\n{rest}')


@pytest.mark.parametrize(
    "code",
    [
        "import random\nreturn random.random() * n",
        "from random import gauss\nreturn gauss(0, n)",
        "import numpy as np\nreturn float(np.random.rand()) * n",
        "import numpy as np\nreturn float(np.random.default_rng().random()) * n",
        "import uuid\nreturn float(uuid.uuid4().int % n)",
        "import time\nreturn time.time() * n",
        "from datetime import datetime\nreturn datetime.now().timestamp() * n",
        "import requests\nreturn float(requests.get('https://example.org').text) * n",
        "import os\nreturn float(os.environ['RATE']) * n",
        "import os\nreturn float(os.getenv('RATE', '1')) * n",
    ],
)
def test_what_is_no_input(code: str) -> None:
    assert inline(code) == ["W0801"]
    assert inline(code, "timeout 1h") == []


@pytest.mark.parametrize(
    "code",
    [
        "import random\nrandom.seed(n)\nreturn random.random()",
        "import random\nreturn random.Random(n).random()",
        "import numpy as np\nreturn float(np.random.default_rng(n).random())",
        "import time\nstart = time.time()\nprint(time.time() - start)\nreturn 1.0 * n",
        "random = n\nreturn 1.0 * random",
        "import os\nreturn float(len(os.environ['HOME'])) * n",
        "from datetime import datetime\nreturn datetime(2020, 1, n).timestamp()",
    ],
)
def test_what_is_a_function_of_its_inputs(code: str) -> None:
    assert inline(code) == []


def test_what_its_author_has_thought_of() -> None:
    get = "import requests\nreturn float(requests.get('https://example.org').text) * n"
    assert inline(get, "cache ttl=1h") == []
    assert inline(get, "cache", "effects reads") == []
    assert inline("import os\nreturn float(os.environ['RATE']) * n", 'env RATE="2"', "cache") == []
    assert inline("return 1.0 * n", "cache", "effects random") == ["W0801"]


STEPS = {
    "called": ("import helpers\n\n\ndef s(n: int) -> float:\n    return helpers.draw(n)\n", ["W0801"]),
    "member": ("from helpers import draw\n\n\ndef s(n: int) -> float:\n    return draw(n)\n", ["W0801"]),
    "other": ("import helpers\n\n\ndef s(n: int) -> float:\n    return helpers.double(n)\n", []),
    "shadowed": (
        "import random\n\n\ndef s(n: int) -> float:\n    return own(n, n)\n\n\ndef own(n: int, random: int) -> float:\n"
        "    return float(random.real) * n\n",
        [],
    ),
    "computed": ("import importlib\n\n\ndef s(n: int) -> float:\n    return float(importlib.import_module(f'm{n}').x)\n", ["W0805"]),
    "named": ("import importlib\n\n\ndef s(n: int) -> float:\n    return float(importlib.import_module('helpers').double(n))\n", []),
}
HELPERS = (
    "import random\n\n\ndef draw(n: int) -> float:\n    return random.random() * n\n\n\ndef double(n: int) -> float:\n    return 2.0 * n\n"
)


@pytest.mark.parametrize("name", STEPS)
def test_functions(name: str, tmp_path: Path) -> None:
    code, expected = STEPS[name]
    (tmp_path / "steps.py").write_text(code)
    (tmp_path / "helpers.py").write_text(HELPERS)
    (tmp_path / "p.mlp").write_text(f'{HEAD}step s(n: int) -> float:\n    run python "steps:s"\n    cache\n')
    found = analyse(str(tmp_path / "p.mlp")).diagnostics
    assert [d.rule.code for d in found if d.rule.code.startswith("W08")] == expected
    (tmp_path / "p.mlp").write_text(f'{HEAD}step s(n: int) -> float:\n    run python "steps:s"\n    cache version="1"\n')
    found = analyse(str(tmp_path / "p.mlp")).diagnostics
    assert [d.rule.code for d in found if d.rule.code == "W0805"] == []


@pytest.mark.parametrize(
    ("cache", "argument", "expected"),
    [
        ("cache", 'f"a-{run.id}"', ["W0808"]),
        ("cache", 'f"a-{run.now}"', ["W0808"]),
        ("cache", 'f"a-{run.today}"', []),
        ('cache ignore=["name"]', 'f"a-{run.id}"', []),
        ("timeout 1h", 'f"a-{run.id}"', []),
    ],
)
def test_arguments(cache: str, argument: str, expected: list[str]) -> None:
    step = f'step s(name: str) -> int:\n    run inline "return len(name)"\n    {cache}\n\n'
    assert told(f"{HEAD}{step}pipeline p() -> (n: int):\n    n = s(name={argument})\n    return n=n\n") == expected


def test_fields_that_are_left_out() -> None:
    step = "step s(job: Job) -> int:\n    run inline \"return job['size']\"\n    cache{}\n\n"
    body = "pipeline p() -> (n: int):\n    n = s(job=Job(name=run.id, size=1))\n    return n=n\n"
    assert told(HEAD + step.format("") + body) == ["W0808"]
    assert told(HEAD + step.format(' ignore=["job.name"]') + body) == []
