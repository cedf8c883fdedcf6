"""What the serialized graph of a bundle says to a cluster, and the container commands of its tasks in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("flytekit")

from flyteidl.core import dynamic_job_pb2, literals_pb2, tasks_pb2

from mloc.backend import Request
from mloc.runner.api import Records
from tests.flyte.bundles import Ran, made_report, write
from tests.flyte.cluster import Cluster, Literals, NodeFailed, package
from tests.flyte.programs import ONE, compiled

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.xdist_group("flyte-cluster")]


def cluster(asked: Request, folder: Path) -> Cluster:
    bundle = write(asked, folder / "bundle")
    (folder / "work").mkdir()
    packed = package(bundle, asked.pipeline.name, folder / "package.tgz")
    return Cluster(packed, bundle, folder / "work", {"MLOC_RECORDS": str(folder / "records")})


def text(value: str) -> literals_pb2.Literal:
    return literals_pb2.Literal(scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive(string_value=value)))


def test_what_does_not_depend_on_a_failure_still_runs(tmp_path: Path) -> None:
    source = f"""mlp 1
{ONE}
step bad(s: str) -> str:
    run inline "raise ValueError(s)"

pipeline draining(xs: list[str] = ["a", "b", "c"]) -> (x: list[str]):
    ys = for x in xs:
        if x == "b":
            y = bad(s=x)
        else:
            y = one(s=x)
        yield y
    zs = for x in xs:
        z = one(s=x)
        yield z
    after_all = one(s="never") after ys
    return x=zs
"""
    asked = compiled(source, tmp_path)
    running = cluster(asked, tmp_path)
    with pytest.raises(NodeFailed, match="ValueError: b"):
        running.launch("draining.draining", {})
    ran = Ran({}, made_report(asked.pipeline, tmp_path / "records", "failed", None, {}))
    assert ran.statuses == {
        "ys[0].then.y": "skipped",
        "ys[1].then.y": "failed",
        "ys[2].then.y": "skipped",
        "ys[0].else.y": "succeeded",
        "ys[1].else.y": "skipped",
        "ys[2].else.y": "succeeded",
        "zs[0].z": "succeeded",
        "zs[1].z": "succeeded",
        "zs[2].z": "succeeded",
        "after_all": "not_run",
    }
    (policy,) = {running.package.workflows["draining.draining"].metadata.on_failure}
    assert policy == 1, "FAIL_AFTER_EXECUTABLE_NODES_COMPLETE"


def test_order_is_in_the_graph(tmp_path: Path) -> None:
    source = """mlp 1
step two(s: str) -> (a: str, b: str):
    run inline "return {'a': s, 'b': s}"

step none(s: str):
    run inline "print(s)"

pipeline ordered(go: bool = true) -> (x: str):
    z = two(s="z")
    y = none(s="y") after z
    x = two(s="x") after y
    if go:
        w = two(s="w") after x
        v = w.a
    else:
        v = "none"
    u = for i in ["1"]:
        t = none(s=i) after v
    s = two(s="s") after u
    return x=s.a
"""
    running = cluster(compiled(source, tmp_path), tmp_path)
    running.launch("ordered.ordered", {})
    # The cluster takes ready nodes from the last, so this order is in the graph or nowhere.
    names = [name.split("_")[0] if not name.startswith("map") else "map" for name in running.executed]
    assert names == ["parameters", "two", "none", "two", "decide", "two", "items", "map", "two", "outputs"]


def test_a_limit_makes_lanes(tmp_path: Path) -> None:
    source = f"""mlp 1
{ONE}
pipeline lanes(xs: list[str]) -> (x: list[str]):
    ys = for x in xs limit 2:
        a = one(s=x)
        b = one(s=a)
        yield b
    return x=ys
"""
    running = cluster(compiled(source, tmp_path), tmp_path)
    task = running.package.tasks["lanes.loop_over_ys"]
    futures = running.task(task, {"xs": text('["a","b","c","d","e"]')})
    assert isinstance(futures, bytes)
    spec = dynamic_job_pb2.DynamicJobSpec.FromString(futures)
    assert [sorted(node.upstream_node_ids) for node in spec.nodes] == [[], [], ["dn0"], ["dn1"], ["dn2"]]


def test_the_limit_of_a_map_is_its_concurrency(tmp_path: Path) -> None:
    source = f"""mlp 1
{ONE}
pipeline mapped(xs: list[str]) -> (x: list[str]):
    ys = for x in xs limit 3:
        a = one(s=x)
        yield a
    return x=ys
"""
    running = cluster(compiled(source, tmp_path), tmp_path)
    (array,) = (node.array_node for node in running.package.workflows["mapped.mapped"].nodes if node.WhichOneof("target") == "array_node")
    assert array.parallelism == 3
    assert array.min_success_ratio == 1.0
    assert array.run_all_sub_nodes


def test_container_commands_in_processes_of_their_own(tmp_path: Path) -> None:
    source = """mlp 1
step make(s: str) -> (tree: Dir, file: File):
    run inline \"\"\"
        from pathlib import Path
        Path("tree/a b").mkdir(parents=True)
        script = Path("tree/a b/run.sh")
        script.write_text(s)
        script.chmod(0o755)
        Path("file").write_text(s * 2)
        return {"tree": Path("tree"), "file": Path("file")}
        \"\"\"

step read(tree: Dir, file: File) -> (text: str, executable: bool):
    run inline \"\"\"
        import os
        script = tree / "a b" / "run.sh"
        return {"text": script.read_text() + file.read_text(), "executable": os.access(script, os.X_OK)}
        \"\"\"

pipeline moving(s: str) -> (text: str, executable: bool):
    made = make(s=s)
    got = read(tree=made.tree, file=made.file)
    return text=got.text, executable=got.executable
"""
    running = cluster(compiled(source, tmp_path), tmp_path)
    made = process(running, "moving.make", {"s": text('"\\u00e9"')}, tmp_path / "make")
    assert "/raw/" in made["tree"].scalar.primitive.string_value
    read = process(running, "moving.read", {"made_tree": made["tree"], "made_file": made["file"]}, tmp_path / "read")
    assert {name: value.scalar.primitive.string_value for name, value in read.items()} == {
        "text": '"\\u00e9\\u00e9\\u00e9"',
        "executable": "true",
    }
    events = [(event["event"], event.get("id")) for event in Records(tmp_path / "records").events()]
    assert events == [("started", "made"), ("attempt", "made"), ("started", "got"), ("attempt", "got")]


def process(running: Cluster, name: str, inputs: Literals, folder: Path) -> Literals:
    """Run a task's container command as its pod would."""
    template: tasks_pb2.TaskTemplate = running.package.tasks[name]
    folder.mkdir()
    (folder / "inputs.pb").write_bytes(literals_pb2.LiteralMap(literals=inputs).SerializeToString())
    places = {
        "{{.input}}": "inputs.pb",
        "{{.outputPrefix}}": "out",
        "{{.rawOutputDataPrefix}}": "raw",
        "{{.checkpointOutputPrefix}}": "checkpoint",
    }
    known = {placeholder: str(folder / place) for placeholder, place in places.items()} | {"{{.prevCheckpointPrefix}}": ""}
    command, *arguments = (known.get(argument, argument) for argument in template.container.args)
    environment = {**os.environ, **running.environment, **{pair.key: pair.value for pair in template.container.env}}
    executable = Path(sys.executable).parent / command
    done = subprocess.run([str(executable), *arguments], cwd=running.bundle, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (folder / "out" / "error.pb").exists(), (folder / "out" / "error.pb").read_bytes()
    return dict(literals_pb2.LiteralMap.FromString((folder / "out" / "outputs.pb").read_bytes()).literals)
