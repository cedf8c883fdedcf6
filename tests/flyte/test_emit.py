"""What the Flyte backend writes: legal, tidy, self-contained, and the same every time."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from mloc.ir.model import Resources, Retry, Settings
from mloc.testing import PROGRAMS, program, refuses
from mloc_flyte import backend
from mloc_flyte.naming import field_names, module_name
from mloc_flyte.settings import backstop_ms, cores, decorator_arguments, size, system_retries
from tests.flyte.bundles import emit, request, text, write
from tests.flyte.programs import NESTED, ONE, compiled

NAMES = sorted(path.stem for path in PROGRAMS.glob("*.mlp") if not refuses(backend, path.stem))


def test_modules_are_legal_and_tidy(tmp_path: Path) -> None:
    for name in NAMES:
        analysis, pipeline = program(name)
        asked = request(pipeline, analysis.lines(pipeline))
        ast.parse(text(asked))
        write(asked, tmp_path / name)
    write(compiled(NESTED, tmp_path), tmp_path / "nested")
    for bundle in sorted(path for path in tmp_path.iterdir() if path.is_dir()):
        # From within the bundle, where ruff sees that the package beside the module is its own.
        modules = [str(path.name) for path in bundle.glob("*.py")]
        done = subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", *modules],
            cwd=bundle,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{bundle.name}: {done.stdout}{done.stderr}"


def test_a_bundle_needs_no_mloc(tmp_path: Path) -> None:
    for path, content in emit(compiled(NESTED, tmp_path)).items():
        if path.endswith(".py"):
            tree = ast.parse(content)
            froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
            imported = {str(node.module) for node in froms}
            imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
            assert not {name for name in imported if name.split(".")[0] in ("mloc", "mloc_flyte")}, path


def test_the_same_bytes_under_any_hash_seed(tmp_path: Path) -> None:
    script = (
        "import hashlib, sys; from pathlib import Path;"
        "from tests.flyte.bundles import emit; from tests.flyte.programs import NESTED, compiled;"
        "files = emit(compiled(NESTED, Path(sys.argv[1])));"
        "print(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())"
    )
    digests = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=environment, capture_output=True, text=True, check=True)
        digests.add(done.stdout)
    digests.add(hashlib.sha256(repr(sorted(emit(compiled(NESTED, tmp_path)).items())).encode()).hexdigest() + "\n")
    assert len(digests) == 1


def test_the_decorator_says_what_the_call_asks_for(tmp_path: Path) -> None:
    source = """mlp 1
step work(s: str) -> str:
    run inline "return s"
    image "registry.example.com/work:1"
    resources cpu=0.5, memory=1536MiB, disk=10GiB, gpu=1
    retry 2, backoff=10s
    timeout 5min

pipeline p(s: str) -> (x: str):
    a = work(s=s)
    return x=a
"""
    assert """@task(
    container_image="registry.example.com/work:1",
    requests=Resources(cpu="500m", mem="1536Mi", gpu="1", ephemeral_storage="10Gi"),
    limits=Resources(cpu="500m", mem="1536Mi", gpu="1", ephemeral_storage="10Gi"),
    retries=2,
    timeout=timedelta(minutes=31),
)
def work(s: str) -> str:
""" in text(compiled(source, tmp_path))


def test_sizes_and_cores() -> None:
    assert [size(n) for n in (0, 1000, 1024, 3 << 20, 2 << 30, 1 << 40)] == ["0", "1000", "1Ki", "3Mi", "2Gi", "1Ti"]
    assert [cores(n) for n in (1.0, 0.5, 2.25)] == ["1", "500m", "2250m"]


def test_flyte_retries_only_what_kills_the_runner() -> None:
    assert system_retries(Retry(3)) == 3
    assert system_retries(Retry(3, on=("exception", "timeout"))) == 0
    assert system_retries(Retry(20, on=("preempted",))) == 10


def test_the_backstop_is_longer_than_every_attempt() -> None:
    assert backstop_ms(Settings()) is None
    retry = Retry(2, backoff_ms=1000, factor=10.0, max_delay_ms=5000)
    assert backstop_ms(Settings(retry=retry, timeout_ms=60_000)) == 19 * 60_000
    assert backstop_ms(Settings(retry=Retry(400, backoff_ms=1000, factor=10.0, max_delay_ms=1), timeout_ms=1)) is not None


def test_gpu_types() -> None:
    arguments = decorator_arguments(Settings(resources=Resources(gpu=1, gpu_type="nvidia-l4")), {}, {})
    assert list(arguments) == ["requests", "limits", "accelerator"]


def test_names() -> None:
    assert field_names(["a", "_a", "ref", "count", "runs_before"]) == ("a", "a_2", "ref_2", "count", "runs_before_2")
    assert module_name("flights") == "flights"
    assert module_name("random") == "random_pipeline"


def test_parameters_keep_their_names(tmp_path: Path) -> None:
    source = f'mlp 1\n{ONE}\npipeline p(one: str, given: str = "x", date: str = "d") -> (x: str):\n    a = one(s=one)\n    return x=a\n'
    assert 'def p(one: str, given: str = "x", date: str = "d") -> POutputs:' in text(compiled(source, tmp_path))


def test_an_optional_that_must_be_given_is_text(tmp_path: Path) -> None:
    source = f'mlp 1\n{ONE}\npipeline p(a: int?, b: int? = null, c: int? = 3) -> (x: int?):\n    one(s="x")\n    return x=a ?? b ?? c\n'
    assert "def p(a: str, b: int | None = None, c: int | None = 3) -> POutputs:" in text(compiled(source, tmp_path))


def test_hostile_texts_stay_data(tmp_path: Path) -> None:
    analysis, pipeline = program("hostile")
    tree = ast.parse(text(request(pipeline, analysis.lines(pipeline))))
    assert all(isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.ImportFrom, ast.Assign, ast.Expr)) for node in tree.body)
    (main,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "hostile")
    defaults = [ast.literal_eval(default) for default in main.args.defaults]
    assert defaults == [json.loads(p.default or "") for p in pipeline.parameters]


def test_secrets(tmp_path: Path) -> None:
    emitted = compiled(
        """mlp 1

secret hub from k8s("hub-token", key="token")

step call() -> int:
    run inline "return 1"
    secrets hub=hub

pipeline p() -> (x: int):
    x = call()
    return x=x
""",
        tmp_path,
    )
    source = text(emitted)
    expected = 'Secret(group="hub-token", key="token", env_var="MLOC_SECRET_HUB", mount_requirement=Secret.MountType.ENV_VAR)'
    assert expected in " ".join(source.split()).replace("( ", "(").replace(", )", ")")
