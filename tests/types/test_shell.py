"""Shell scripts: what is reported of them, and that what is right is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.diagnostics.model import Diagnostic
from mloc.driver import analyse
from mloc.types.shell.scan import scan

SIGNATURE = "step f(name: str, path: File, n: int, xs: list[str], mode: Mode) -> (o: File):"


def found(tmp_path: Path, script: str) -> tuple[Diagnostic, ...]:
    lines = "".join(f"        {line}\n" for line in script.split("\n"))
    program = f'mlp 1\n\nenum Mode: a, b\n\n{SIGNATURE}\n    run shell """\n{lines}        """\n    env SET="1"\n'
    file = tmp_path / "p.mlp"
    file.write_text(program, encoding="utf-8")
    # No script here has a use for all of the inputs.
    return tuple(d for d in analyse(str(file)).diagnostics if d.rule.code != "W0110")


RIGHT = [
    'cp "$path" "$out_o"',
    'head -n $n "$path" > "$out_o"',
    'echo $mode ${SET} "${OTHER:-x}" "${n}" > "$out_o"',
    'x=$name\necho "$x" > "$out_o"',
    'export DAY="$name"\necho "$DAY" > "$out_o"',
    'if [[ $name == x* ]]; then echo "$name"; fi > "$out_o"',
    'case $name in a) echo 1;; *) echo 2;; esac > "$out_o"',
    'cat > "$out_o" <<EOF\n$name it\'s\nEOF',
    "cat > \"$out_o\" <<'EOF'\n$name $nothing\nEOF",
    'for x in 1 2 3; do echo "$x"; done > "$out_o"',
    'while read -r line; do echo "$line"; done < "$path" > "$out_o"',
    'awk -v n="$n" \'{ print $1, n }\' "$path" > "$out_o"',
    'bash -c \'echo "$1"\' _ "$name" > "$out_o"',
    'jq -n --arg name "$name" \'{a: $name}\' > "$out_o"',
    'f() { echo "$1"; }\nf "$name" > "$out_o"',
    'echo $((n + 1)) $((2 * $n)) "${#name}" > "$out_o"',
    'sleep 1 &\nwait\necho > "$out_o"',
    'set +e\ngrep x "$path" > "$out_o"\nset -e',
    '. ./settings\necho "$FROM_SETTINGS" > "$out_o"',
    'echo "it\'s" \'"\' \\" > "$out_o" # it\'s $nothing',
    'grep -c x "$path" > "$out_o" || true_count=0',
    "echo '{\"name\": 1}' | sed 's/{name}x/y/' > \"$out_o\"".replace("{name}x", "{nam}"),
    'echo "$RANDOM $? $# $PWD" > "$out_o"',
    'printf \'%s\\n\' "$name" | grep -q x || echo no > "$out_o"',
    'names=(a b)\necho "${names[@]}" > "$out_o"',
    'curl -f -d "{\\"n\\": $n}" x > "$out_o"',
]

OPTIONAL = "step f(name: str?) -> (o: File):"


@pytest.mark.parametrize(
    ("script", "codes"),
    [
        ('app -n "$name" > "$out_o"', ["W0638"]),
        ('if [ "$name" != null ]; then app -n "$name"; fi > "$out_o"', []),
        ('app > "$out_o" # $name', []),
    ],
)
def test_what_may_be_null_is_asked_for(tmp_path: Path, script: str, codes: list[str]) -> None:
    file = tmp_path / "p.mlp"
    file.write_text(f'mlp 1\n\n{OPTIONAL}\n    run shell """\n        {script}\n        """\n', encoding="utf-8")
    assert [d.rule.code for d in analyse(str(file)).diagnostics] == codes


WRONG = [
    ('cp $path "$out_o"', "W0615", "`$path` is not quoted"),
    ('cp "$path" $out_o', "W0615", "`$out_o` is not quoted"),
    ('cp "$path" > $out_o', "W0615", "a redirection to it fails"),
    ('cp ${path} "$out_o"', "W0615", "`${path}`"),
    ('cp "$pth" "$out_o"', "E0616", "`$pth` is not an input of `f`"),
    ('echo "$(cat "$pth")" > "$out_o"', "E0616", "`$pth`"),
    ('cat > "$out_o" <<EOF\n$nam\nEOF', "E0616", "`$nam`"),
    ('echo "$1" > "$out_o"', "E0616", "`$1` is an argument of the script"),
    ("echo '$name' > \"$out_o\"", "W0630", "`$name` stands in single quotes"),
    ('echo "{{ name }}" > "$out_o"', "W0631", "`{{ name }}`"),
    ('echo "!{name}" > "$out_o"', "W0631", "`!{name}`"),
    ('echo "$(inputs.name)" > "$out_o"', "W0631", "`$(inputs.name)`"),
    ('eval "$name" > "$out_o"', "W0632", "`eval`"),
    ('bash -lc "echo $name" > "$out_o"', "W0632", "`bash`"),
    ('python3 -c "print(\'$name\')" > "$out_o"', "W0632", "`python3`"),
    ('curl -f -d "{\\"a\\": \\"$name\\"}" x > "$out_o"', "W0632", "JSON"),
    ('export X=$(cat "$path")\necho "$X" > "$out_o"', "W0633", "`export` succeeds"),
    ('diff <(sort "$path") "$path" > "$out_o"', "W0633", "`sort`"),
    ('sort "$path" > "$out_o" || true', "W0633", "`$out_o` is taken for whole"),
    ('set +e\nsort "$path" > "$out_o"', "W0633", "no longer fails the step"),
    ('set +o pipefail\nsort "$path" > "$out_o"', "W0633", "before the last `|`"),
    ('sort "$path" > "$out_o" &', "W0633", "nothing waits for `sort`"),
    ('curl -sS https://a.example/x -o "$out_o"', "W0633", "answers with an error"),
    ('curl https://a.example/x > "$out_o"', "W0633", "answers with an error"),
    ('curl -L https://a.example/x | tar -xz -O > "$out_o"', "W0633", "answers with an error"),
    ('for x in $xs; do echo "$x"; done > "$out_o"', "W0634", "JSON text of a list"),
    ('sort "$path" | head -1 > "$out_o"', "W0635", "`head` may end before `sort`"),
    ('echo "$name > "$out_o"', "E0636", "never closed"),
]


@pytest.mark.parametrize("script", RIGHT)
def test_right_scripts_are_left_alone(tmp_path: Path, script: str) -> None:
    assert [f"{d.rule.code}: {d.message}" for d in found(tmp_path, script)] == []


@pytest.mark.parametrize(("script", "code", "said"), WRONG)
def test_wrong_scripts_are_told_so_once(tmp_path: Path, script: str, code: str, said: str) -> None:
    assert [(d.rule.code, said in d.message) for d in found(tmp_path, script)] == [(code, True)]


@pytest.mark.parametrize("name", ["PATH", "IFS", "out"])
def test_inputs_do_not_hide_what_the_shell_needs(tmp_path: Path, name: str) -> None:
    file = tmp_path / "p.mlp"
    file.write_text(f'mlp 1\n\nstep f({name}: int) -> int:\n    run shell "echo ${name} > $out"\n', encoding="utf-8")
    assert "E0637" in [d.rule.code for d in analyse(str(file)).diagnostics]


def test_every_stretch_told_of_a_script_is_what_is_written_there() -> None:
    script = 'cat "$a" | tr \'x\' "${b:-$c}" > $d; e=$(f "$g") <<< "$h" `i $j`'
    uses = [use for command in scan(script).commands for word in command.words for use in word.uses]
    assert sorted(use.name for use in uses) == ["a", "b", "c", "d", "g", "h", "j"]
    assert all(script[use.start : use.end].lstrip("${").startswith(use.name) for use in uses)


@pytest.mark.parametrize("text", ["'a", '"a', '"a $(b', "`a", "${a", "$((1", "a=(1"])
def test_what_never_ends_is_told_where_it_begins(text: str) -> None:
    assert scan(text).unclosed is not None


@pytest.mark.parametrize(
    ("script", "output", "codes"),
    [
        ('wc -l "$path" > "$out_o"', "int", ["W0639"]),
        ('wc -l < "$path" > "$out_o"', "int", []),
        ('wc -l "$path" > "$out_o"', "File", []),
        ('curl -f https://a.example/x | wc -l > "$out_o"', "int", []),
        ('curl -fsSL https://a.example/x -o "$out_o"', "File", []),
        ('curl -s -w "%{http_code}" https://a.example/x -o "$out_o"', "File", []),
        ('curl --fail https://a.example/x > "$out_o"; curl -s https://a.example/done', "File", []),
    ],
)
def test_answers_and_counts(tmp_path: Path, script: str, output: str, codes: list[str]) -> None:
    path = tmp_path / "p.mlp"
    lines = "".join(f"        {line}\n" for line in script.splitlines())
    path.write_text(f'mlp 1\n\nstep s(path: File) -> (o: {output}):\n    run shell """\n{lines}        """\n', encoding="utf-8")
    assert [d.rule.code for d in analyse(str(path)).diagnostics if d.rule.code in ("W0633", "W0639")] == codes
