"""Secrets in programs: what of them reaches the IR, and every way in which they must not be used."""

from __future__ import annotations

import pytest

from mloc.ir.model import Secret, SecretSource
from tests.elaborate.programs import check, codes, pipeline

HEAD = """mlp 1

secret token from k8s("hub", key="token")

step see(text: str, count: int = 1) -> str:
    run inline "return text"

"""


def step(code: str, *, kind: str = "inline") -> str:
    body = "".join(f"        {line}\n" for line in code.split("\n"))
    return f'{HEAD}step use() -> (x: str):\n    run {kind} """\n{body}        """\n    secrets HUB=token\n'


def test_secrets_of_a_call() -> None:
    found = pipeline(
        HEAD + 'step use():\n    run inline "print(1)"\n    secrets HUB=token\n    env A="b"\n\npipeline p():\n    use()\n',
    )
    assert found.secrets == (Secret("token", (SecretSource("k8s", (("name", "hub"), ("key", "token"))),)),)
    assert found.region.nodes[0].settings.secrets == (("HUB", "token"),)  # type: ignore[union-attr]


def test_a_secret_that_no_call_uses_is_not_in_the_pipeline() -> None:
    assert check(HEAD + 'pipeline p() -> (x: str):\n    a = see(text="t")\n    return x=a\n')[0][0].secrets == ()


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("a = see(text=token)", "input `text` of `see`"),
        ('a = see(text=f"x {token}")', "an f-string, and with it into input `text` of `see`"),
        ('a = see(text="x" + token)', "input `text` of `see`"),
        ('a = see(text="x") with env(X=token)', "an environment variable given by `env`"),
        ('require token == "x", "no"', "an expression"),
        ("return x=token", "output `x` of `p`"),
    ],
)
def test_a_secret_is_no_value(line: str, where: str) -> None:
    rest = "" if line.startswith("return") else '    return x=""\n'
    found = [d for d in check(f"{HEAD}pipeline p() -> (x: str):\n    {line}\n{rest}")[1] if d.rule.code == "E0901"]
    assert len(found) == 1
    assert f"would flow into {where}, " in found[0].message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('vault("x")', ["E0908"]),
        ('k8s("hub")', ["E0908"]),
        ('k8s(key="k")', ["E0908"]),
        ('k8s("Hub", key="k")', ["E0908"]),
        ('k8s("hub", key="a b")', ["E0908"]),
        ('k8s("hub", ky="k")', ["E0908"]),
        ('env("1A")', ["E0908"]),
        ("env(3)", ["E0908"]),
        ('"plain"', ["E0908"]),
        ('env("A")', []),
        ('file("/run/secrets/a")', []),
        ('airflow("hub", field="password")', []),
        ('flyte("hub", key="token")', []),
    ],
)
def test_sources(source: str, expected: list[str]) -> None:
    text = f'mlp 1\n\nsecret token from {source}\n\nstep use():\n    run inline "print(1)"\n    secrets HUB=token\n'
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("HUB=token, HUB=token", ["E0710"]),
        ("PATH=token", ["E0710", "W0904"]),
        ("token", ["E0721", "W0904"]),
        ("HUB=tokn", ["E0903", "W0904"]),
        ("HUB=see", ["E0903", "W0904"]),
        ('HUB="text"', ["E0721", "W0904"]),
    ],
)
def test_what_a_step_may_say(given: str, expected: list[str]) -> None:
    assert sorted(codes(f'{HEAD}step use():\n    run inline "print(1)"\n    secrets {given}\n')) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('import os\nprint(os.environ["HUB"])\nreturn ""', ["W0902"]),
        ('import os\nprint(os.environ)\nreturn ""', ["W0902"]),
        ('import os\nt = os.getenv("HUB")\nraise ValueError(f"bad {t}")', ["W0902"]),
        ('import os\nt = os.environ.get("HUB", "")\nu = {"a": [t.strip()]}\nreturn str(u)', ["W0909"]),
        ('import logging, os\nlog = logging.getLogger()\nlog.info("t %s", os.environ["HUB"])\nreturn ""', ["W0902"]),
        ('import os\nt = os.environ["HUB"]\nprint(len(t), t is None)\nreturn str(len(t))', []),
        ('import os\nprint(os.environ["HOME"])\nreturn os.environ["HOME"]', []),
        ('import os\nc = connect(os.environ["HUB"])\nreturn c.rows()\n\ndef connect(x): return x', []),
    ],
)
def test_python_that_lets_a_secret_out(code: str, expected: list[str]) -> None:
    assert [c for c in codes(step(code)) if c in ("W0902", "W0909")] == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo $HUB", ["W0902"]),
        ('printf "%s" "${HUB}"', ["W0902"]),
        ("set -x", ["W0902"]),
        ("set -eux", ["W0902"]),
        ("set -o xtrace", ["W0902"]),
        ("env", ["W0902"]),
        ("printenv HUB", ["W0902"]),
        ("set -eu", []),
        ("echo $HUBERT", []),
        ('echo "$HUB" | login --stdin', []),
        ('echo "$HUB" > ~/.netrc', []),
        ('echo "$HUB" > "$out_x"', ["W0909"]),
        ("env FOO=1 run", []),
    ],
)
def test_shell_that_lets_a_secret_out(script: str, expected: list[str]) -> None:
    assert [c for c in codes(step(f'{script}\ntouch "$out_x"', kind="shell")) if c in ("W0902", "W0909")] == expected


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('const A = "AKIAQ3EXAMPLEKEY9ZZX"', True),
        ('const A = "ghp_0123456789abcdefghijABCDEFGHIJ012345"', True),
        ('const DSN = "postgres://app:s3cr3tpw@db/x"', True),
        ('const DSN = "postgres://app:${PASSWORD}@db/x"', False),
        ('const DSN = "postgres://db/x"', False),
        ('const API_KEY = "8f3kQ9zLm2Xw7RtB"', True),
        ('const API_KEY = "changeme123"', False),
        ('const TOKEN_PATH = "/run/secrets/token1"', False),
        ('const SECRET_NAME = "warehouse-rw-2"', False),
        ("# ghp_0123456789abcdefghijABCDEFGHIJ012345", True),
    ],
)
def test_credentials_in_the_text(line: str, found: bool) -> None:
    assert (codes(f"mlp 1\n\n{line}\n").count("W0905") == 1) == found


def test_a_source_for_a_target_is_for_a_declared_secret() -> None:
    target = 'target kfp:\n    secret tokn from k8s("x", key="y")\n'
    assert "E0903" in codes(HEAD + target)
    assert "E0903" not in codes(HEAD + target.replace("tokn", "token"))


def test_a_secret_of_a_handler_is_in_the_pipeline() -> None:
    found = pipeline(
        HEAD + 'step use():\n    run inline "print(1)"\n    secrets HUB=token\n    timeout 1min\n\n'
        'pipeline p() -> (x: str):\n    a = see(text="t")\n    return x=a\n\n    finally:\n        use()\n'
    )
    assert [secret.name for secret in found.secrets] == ["token"]
