"""A kind of GPU wants a number, and a project its resources, wherever these are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.driver import analyse

REQUIRE = '[tool.mloc.limits]\nrequire = ["cpu", "memory"]\n'
STEP = """
step train() -> float:
    run inline "return 1.0"
    resources {resources}

pipeline p() -> (score: float):
    score = train(){override}
    return score=score
"""


def found(tmp_path: Path, text: str, project: str = "") -> list[str]:
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    path = tmp_path / "p.mlp"
    path.write_text(f"mlp 1\n{text}", encoding="utf-8")
    return [d.rule.code for d in analyse(str(path)).diagnostics if d.rule.code in ("E0711", "W0712")]


@pytest.mark.parametrize(
    ("defaults", "resources", "override", "codes"),
    [
        ("", 'gpu_type="t4"', "", ["E0711"]),
        ("", 'gpu=0, gpu_type="t4"', "", ["E0711"]),
        ("", 'gpu=1, gpu_type="t4"', "", []),
        ("", 'gpu_type="t4"', " with resources(gpu=2)", []),
        ("", "cpu=1", ' with resources(gpu_type="t4")', ["E0711"]),
        ("defaults:\n    resources gpu=1\n", 'gpu_type="t4"', "", []),
        ('defaults:\n    resources gpu_type="t4"\n', "cpu=1", "", ["E0711"]),
    ],
)
def test_a_kind_of_gpu_wants_a_number(tmp_path: Path, defaults: str, resources: str, override: str, codes: list[str]) -> None:
    assert found(tmp_path, defaults + STEP.format(resources=resources, override=override)) == codes


@pytest.mark.parametrize(
    ("defaults", "resources", "override", "codes"),
    [
        ("", "cpu=1", "", ["W0712"]),
        ("", "cpu=1, memory=1GiB", "", []),
        ("defaults:\n    resources memory=1GiB\n", "cpu=1", "", []),
        ("", "cpu=1", " with resources(memory=1GiB)", []),
    ],
)
def test_a_project_may_require_resources(tmp_path: Path, defaults: str, resources: str, override: str, codes: list[str]) -> None:
    text = defaults + STEP.format(resources=resources, override=override)
    assert found(tmp_path, text, REQUIRE) == codes
    assert found(tmp_path, text) == []
