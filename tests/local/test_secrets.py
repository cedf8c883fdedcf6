"""Secrets of a native run: where they are found, and every place that they do not get to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mloc.local.execute import run_native
from mloc.runner.secrets import Mask
from tests.elaborate.programs import pipeline

VALUE = 's3cr3t "valu3"\nof two lines'
PROGRAM = """mlp 1

secret token from env("HUB_TOKEN")

step use(how: str) -> (x: str):
    run inline \"\"\"
        import base64, json, os, sys, urllib.parse
        value = os.environ["HUB"]
        assert "HUB_TOKEN" not in os.environ
        forms = [value, json.dumps(value), urllib.parse.quote(value), base64.b64encode(value.encode()).decode()]
        for form in forms:
            sys.stdout.write(f"<{form}>\\\\n" if how != "long" else "x" * 16380 + form)
        sys.stdout.flush()
        assert how != "fail", value
        return {"leak": value, "digest": str(len(value))}.get(how, "")
        \"\"\"
    secrets HUB=token

pipeline p(how: str = "") -> (x: str):
    a = use(how=how)
    return x=a.x
"""


def run(folder: Path, how: str = "") -> dict[str, object]:
    return dict(run_native(pipeline(PROGRAM), {"how": json.dumps(how)}, store=folder))


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("how", ["", "fail", "long", "digest"])
def test_the_value_is_in_nothing_that_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setenv("HUB_TOKEN", VALUE)
    report = run(tmp_path, how)
    assert report["status"] == ("failed" if how == "fail" else "succeeded")
    found = everything(tmp_path)
    assert b"***" in found
    for part in (b"s3cr3t", b"of two lines", b"czNjcjN0"):
        assert part not in found


def test_an_output_that_holds_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_TOKEN", VALUE)
    report = run(tmp_path, "leak")
    assert report["status"] == "failed"
    assert report["error"] == {
        "step": "a",
        "message": "the output `x` holds the value of a secret, and outputs are stored and shown",
        "line": None,
    }
    assert b"s3cr3t" not in everything(tmp_path)


def test_nothing_starts_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_TOKEN", raising=False)
    report = run(tmp_path)
    error = report["error"]
    assert isinstance(error, dict)
    assert "HUB_TOKEN, which is not set" in str(error["message"])
    assert report["steps"] == {"a": report["steps"]["a"]}  # type: ignore[index]
    assert report["steps"]["a"]["status"] == "not_run"  # type: ignore[index]


def test_another_source_may_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_TOKEN", raising=False)
    monkeypatch.setenv("MLOC_SECRET_TOKEN", "from outside")
    assert run(tmp_path, "digest")["outputs"] == {"x": "12"}


def test_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("in a file\n")
    text = PROGRAM.replace('env("HUB_TOKEN")', f'file("{secret}")')
    assert run_native(pipeline(text), {"how": '"digest"'}, store=tmp_path / "store")["outputs"] == {"x": "9"}
    secret.unlink()
    report = run_native(pipeline(text), {}, store=tmp_path / "store")
    assert "cannot be read: No such file" in json.dumps(report["error"])


def test_short_values_are_left_alone() -> None:
    assert Mask(("abc",)).text("abc abcdef") == "abc abcdef"
    assert not Mask(("1234567",)).held_by({"a": ["x1234567"]})
    assert Mask(("12345678",)).held_by({"a": ["x12345678"]})
