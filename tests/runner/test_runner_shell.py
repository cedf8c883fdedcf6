"""Shell steps: variables in, files out, and the ways a script fails."""

from __future__ import annotations

import pytest
from runner_bench import Bench

from mloc.runner.jsons import Json

RECORD: Json = {"record": [["a", "int", None, None], ["s", "str", None, None]], "name": "R"}


@pytest.mark.parametrize(
    ("type_", "wire", "text"),
    [
        ("int", 7, "7"),
        ("int", "i:9223372036854775807", "9223372036854775807"),
        ("float", 1.0, "1.0"),
        ("float", "f:nan", "nan"),
        ("bool", True, "true"),
        ({"optional": "int"}, None, "null"),
        ("str", "$(touch x) `touch x` 'q' \"q\"\n* \\", "$(touch x) `touch x` 'q' \"q\"\n* \\"),
        ("str", "f:nan", "f:nan"),
        ("date", "2024-01-31", "2024-01-31"),
        ("datetime", "2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z"),
        ("duration", 1500, "1500"),
        ({"enum": "E", "members": ["a"]}, "a", "a"),
        ({"list": "str"}, ["é", "'"], '["\\u00e9","\'"]'),
        ({"map": "int"}, {"b": 1, "a": 2}, '{"a":2,"b":1}'),
        (RECORD, {"s": "x", "a": 1}, '{"a":1,"s":"x"}'),
    ],
)
def test_a_value_in_a_variable(bench: Bench, type_: Json, wire: Json, text: str) -> None:
    assert bench.shell('printf %s "$value" > "$out"\nls -A', "str", inputs={"value": (type_, wire)}) == {"result": text}
    assert bench.logged == []


@pytest.mark.parametrize(
    ("type_", "written", "wire"),
    [
        ("str", "a\\n", "a"),
        ("str", "a\\n\\n", "a\n"),
        ("str", "", ""),
        ("str", "null\\n", "null"),
        ({"optional": "str"}, "null\\n", None),
        ("int", "42\\n", 42),
        ("float", "5\\n", 5.0),
        ("float", "nan\\n", "f:nan"),
        ("float", "-inf\\n", "f:-inf"),
        ("bool", "true\\n", True),
        ({"list": "int"}, "[1, 2]\\n", [1, 2]),
        ("date", "2024-01-31\\n", "2024-01-31"),
        ({"enum": "E", "members": ["a"]}, "a\\n", "a"),
    ],
)
def test_a_value_from_a_file(bench: Bench, type_: Json, written: str, wire: Json) -> None:
    assert bench.shell(f"printf -- '{written}' > $out", type_) == {"result": wire}


@pytest.mark.parametrize(
    ("script", "type_", "kind", "message"),
    [
        ("false", None, "exception", "the script ended with exit status 1"),
        ("false | cat", None, "exception", "the script ended with exit status 1"),
        ("exit 3", None, "exception", "the script ended with exit status 3"),
        ("kill -9 $$", None, "oom", "most likely it ran out of memory"),
        ("kill -11 $$", None, "exception", "the script was killed by SIGSEGV"),
        ("true", "int", "contract", "`result`: the script wrote no file for this output"),
        ("echo x > $out", "int", "contract", "`result`: not a JSON text"),
        ("printf '\\377' > $out", "str", "contract", "`result`: what was written is not UTF-8 text"),
        ("printf 'a\\000' > $out", "str", "contract", "`result`: strings may not contain NUL"),
        ("mkdir $out", {"file": None}, "contract", "`result`: expected a file"),
        ("true", {"file": None}, "contract", "`result`: the step wrote nothing"),
        ("echo x > $out", {"table": [], "open": True}, "contract", "is not a Parquet file"),
        ("mkfifo $out", {"file": None}, "contract", "is neither a file nor a directory"),
    ],
)
def test_bad_scripts(bench: Bench, script: str, type_: Json, kind: str, message: str) -> None:
    failure = bench.fails(lambda: bench.shell(script, type_))
    assert failure.kind == kind
    assert message in failure.message


def test_the_shell_names_the_line_of_the_program(bench: Bench) -> None:
    bench.fails(lambda: bench.shell("true\necho $nope", line=30))
    assert "flights.mlp: line 31: nope: unbound variable" in bench.logged[0]


def test_files_and_folders_by_name(bench: Bench) -> None:
    given = bench.file("text")
    script = """
        cat "$one" > "$out_copy"
        mkdir -p "$out_tree/sub" "$out_tree/empty"
        printf '#!/bin/sh\\n' > "$out_tree/sub/run"
        chmod +x "$out_tree/sub/run"
        python3 -c 'import json, sys; print(len(json.loads(sys.argv[1])))' "$many" > "$out_count"
        case $one in *.csv) ;; *) exit 1 ;; esac
        """
    outputs: Json = {"named": {"copy": {"file": "csv"}, "tree": "dir", "count": "int", "none": {"optional": {"file": None}}}}
    found = bench.shell(script, outputs, inputs={"one": ({"file": "csv"}, given), "many": ({"list": {"file": None}}, [given, given])})
    assert (found["count"], found["none"]) == (2, None)
    copy, tree = bench.content(found["copy"]), bench.content(found["tree"])
    assert copy.read_text() == "text"
    assert isinstance(found["copy"], dict)
    assert found["copy"]["type"] == {"file": "csv"}
    assert (tree / "sub/run").stat().st_mode & 0o111
    assert sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*")) == ["sub", "sub/run"]


def test_a_value_too_big_for_a_variable(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.shell("true", inputs={"xs": ("str", "x" * 200_000)}))
    assert failure.kind == "contract"
    assert "its largest variable, `xs`, has 200000 bytes" in failure.message


def test_a_shell_with_pipefail_is_found_or_the_step_refused(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.shell("true", env={"PATH": "/nowhere"}))
    assert (failure.kind, failure.retryable) == ("contract", False)
    assert "a shell step needs bash, or another shell whose `set -o pipefail` works" in failure.message


def test_a_null_byte_in_the_environment_is_refused(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.shell("true", env={"A": "a\0b"}))
    assert failure.kind == "contract"
    assert "environment variable `A`: strings may not contain NUL" in failure.message
