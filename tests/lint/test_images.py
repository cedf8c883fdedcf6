"""Images and the shapes of machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.elaborate.images import malformed
from tests.lint.programs import codes

DIGEST = "sha256:" + "9f" * 32


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (f"ghcr.io/acme/train@{DIGEST}", []),
        (f"ghcr.io/acme/train:1.0@{DIGEST}", []),
        (f"ghcr.io/acme/train:latest@{DIGEST}", []),
        ("ghcr.io/acme/train:1.0", ["W0703"]),
        ("ghcr.io/acme/train:latest", ["W0704"]),
        ("ghcr.io/acme/train", ["W0704"]),
        ("localhost:5000/train", ["W0704"]),
    ],
)
def test_images(image: str, expected: list[str]) -> None:
    step = f'step s() -> int:\n    run inline "return 1"\n    image "{image}"\n'
    assert codes(f"mlp 1\n\n{step}") == expected
    again = step.replace("step s", "step t")
    assert codes(f"mlp 1\n\n{step}\n{again}") == expected  # once for every image
    assert codes(f'mlp 1\n\ndefaults:\n    image "{image}"\n\nstep s() -> int:\n    run inline "return 1"\n') == expected
    call = f'pipeline p() -> int:\n    a = s() with image("{image}")\n    return a\n'
    assert codes(f'mlp 1\n\nstep s() -> int:\n    run inline "return 1"\n\n{call}') == expected


@pytest.mark.parametrize(
    "reference",
    [
        "python",
        "python:3.11-slim",
        "library/python",
        "ghcr.io/acme/train:v1.0_rc-1",
        "localhost/train",
        "localhost:5000/a/b/c:1",
        "REGISTRY.example.com/train:1",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/train:1",
        "[::1]:5000/train",
        f"a__b/c-d.e@{DIGEST}",
        f"train:1@{DIGEST}",
    ],
)
def test_references(reference: str) -> None:
    assert malformed(reference) is None


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "Train:1",
        "ghcr.io/Acme/train",
        "https://ghcr.io/train",
        "train:1 ",
        "train:",
        "train:-1",
        "train:1:2",
        "a//b",
        "/a",
        "a/",
        "train@sha256:12",
        "train@" + DIGEST[:-2],
        "train@" + DIGEST.upper(),
        "train@",
        "trä",
    ],
)
def test_texts_that_are_no_references(reference: str) -> None:
    assert malformed(reference) is not None


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ("cpu=1, memory=256MiB", []),
        ("cpu=8, memory=16GiB", []),
        ("cpu=4, memory=512MiB", []),
        ("cpu=8, memory=512MB", ["W0709"]),
        ("cpu=1, memory=512GiB", ["W0709"]),
        ("cpu=0.5, memory=64MiB", []),
        ("memory=512GiB", []),
        ("cpu=96, memory=1TiB", []),
    ],
)
def test_shapes(resources: str, expected: list[str]) -> None:
    step = 'step s() -> int:\n    run inline "return 1"\n'
    assert codes(f"mlp 1\n\n{step}    resources {resources}\n") == expected
    assert codes(f"mlp 1\n\ndefaults:\n    resources {resources}\n\n{step}") == expected


@pytest.mark.parametrize(
    ("code", "resources", "expected"),
    [
        ("import numpy", "gpu=1", ["W0707"]),
        ("", "gpu=1", ["W0707"]),
        ("import json", "gpu=1", ["W0707"]),
        ("import torch", "gpu=1", []),
        ("import xgboost", "gpu=1", []),
        ("import numpy, acme_unheard_of", "gpu=1", []),
        ("import subprocess", "gpu=1", []),
        ("from helper import anything", "gpu=1", []),
        ("import numpy", "cpu=1", []),
        ("import numpy", "gpu=0", []),
    ],
)
def test_gpus(code: str, resources: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("fit.py").write_text(f"{code}\n\n\ndef fit(n: int) -> int:\n    return n\n")
    Path("helper.py").write_text("import torch\n\nanything = torch\n")
    text = f'mlp 1\n\nstep fit(n: int) -> int:\n    run python "fit:fit"\n    resources {resources}\n'
    assert [c for c in codes(text) if c != "W0624"] == expected
