"""What random steps run: Python and shell that use their inputs and secrets well and badly, words of containers, notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.fuzz.expressions import Tokens

_PYTHON = [
    "return {value}",
    'return {{"value": {value}}}',
    "import os",
    "import json, sys",
    "from pathlib import Path",
    'print("""',
    "x = {value}",
    'print(os.environ["{env}"])',
    'return os.environ.get("{env}", "")',
    'Path("/tmp/a").write_text(str({value}))',
    "for v in {value}:",
    "    yield v",
    "raise ValueError({value})",
    "if {value} is None:",
    "    return 1",
    'open("/data/x.csv", "w")',
    "return",
    "random.random()",
    'return f"{{{value}}} {{{value}!r:>{{x}}}}"',
    "def f(a, *b, **c): return a",
    "async def g(): await {value}",
    "lambda: (yield)",
    "match {value}:\n    case [a, *b]: return a",
    "return out",
    "try:\n    pass\nexcept* ValueError: pass",
    "global {value}",
    "# comment",
    "while True: continue",
    "return {value}.groupby('id').agg(n=('id', 'count'))",
    "import pandas as pd; return pd.read_csv({value})",
    "return \\\n    1",
    "\tx = 1",
    "x = 1_0\u00b2",
    "return " + "(" * 40 + "1" + ")" * 40,
    "return 1" + "+1" * 60,
    "del {value}",
    "((((",
    "subprocess.run(f'rm {{{value}}}', shell=True)",
    "eval({value})",
    "logging.info('%s', os.environ['{env}'])",
    "return np.int64(1)",
]
_SHELL = [
    'echo "${value}" > "$out_{value}"',
    "echo ${env}",
    'curl -H "Authorization: $API_TOKEN" http://x | tee /tmp/y',
    "export A=1; unset A",
    'echo {value} > "$out"',
    "cat <<EOF\n$HOME ${{A:-x}}\nEOF",
    "cat <<'E O F'\n",
    "for f in *.csv; do",
    "done",
    "if [ -z $x ]; then",
    "fi",
    "case $1 in a) ;; *) ;; esac",
    "a | head -1 | wc -l > $out_n",
    "x=$((1 + ${{#y}}))",
    "`date`",
    "$(date $(date $(date)))",
    "set -euo pipefail",
    "rm -rf $x/*",
    "[[ a =~ b ]]",
    'printf "%s" "$out_{value}',
    "source ~/.bashrc",
    "A=1 B=2 cmd <(ls) 2>&1 &",
    "f() {{ return 1; }}",
    "echo 'it''s' \"\\\"\"",
    "sudo x",
    "cp {value} /data",
    "\\\n",
    "# mloc",
    "${{",
    "$((",
    "$(",
    "${{x[@]}} ${{x/a/b}} ${{!x}} $? $$ $! $- $@ $* $0",
    "while :; do break; done",
    "echo {{}} {{a,b}}",
    "trap '' EXIT",
]
_NOTEBOOKS = ["report.ipynb", "bare.ipynb", "odd.ipynb", "missing.ipynb", "../x.ipynb", "steps.py"]
_FUNCTIONS = [
    "steps:load",
    "steps:fit",
    "steps:nothing",
    "steps",
    "stepz:load",
    "pkg.deep:Thing.method",
    "steps:load.x",
    ":",
    "a:b:c",
    "odd:broken",
]


def body(rng: Random, names: Sequence[str], expression: Tokens) -> Tokens:
    """A `run` line; `expression` stands where a value of the program may."""
    value = rng.choice(names)
    kind = rng.randrange(8)
    if kind < 3:
        return ["run", "inline", _text(rng, _PYTHON, value)]
    if kind < 5:
        return ["run", "shell", _text(rng, _SHELL, value)]
    if kind == 5:
        return ["run", "python", f'"{rng.choice(_FUNCTIONS)}"']
    if kind == 6:
        return ["run", "notebook", f'"{rng.choice(_NOTEBOOKS)}"']
    return _container(rng, value, expression)


def _text(rng: Random, lines: Sequence[str], value: str) -> str:
    """One to five of these lines as a string of the language."""
    chosen = [line.format(value=value, env=rng.choice(["TOKEN", "A", "HOME"])) for line in rng.choices(lines, k=rng.randint(1, 5))]
    if rng.random() < 0.1:
        return '"' + chosen[0].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
    space = "\n" + " " * rng.choice([8, 8, 8, 4, 0])
    whole = "\n".join(chosen).replace('"""', "'''").replace("\t", " ")
    return '"""' + space + whole.replace("\n", space) + space + '"""'


def _container(rng: Random, value: str, expression: Tokens) -> Tokens:
    """`command` and `args` with the typed words: texts, inputs, `out(…)`, records, fallbacks."""
    words: list[Tokens] = [
        ['"--in"'],
        [value],
        ["out", "(", value, ")"],
        ["{", value, ":", value, "}"],
        [value, "??", '"none"'],
        ["1"],
        ["2.5"],
        ["true"],
        ["null"],
        expression,
        ["[", value, "]"],
        ['f"--x={' + value + '}"'],
        ["out", "(", ")"],
        ['""'],
        ["10min"],
        ["4GiB"],
    ]
    tokens: Tokens = ["run", "container", "command", "=", "[", '"tool"', *_listed(rng, words, 2), "]"]
    if rng.random() < 0.8:
        tokens += [",", "args", "=", "[", '"-v"', *_listed(rng, words, 4), "]"]
    return tokens


def _listed(rng: Random, words: Sequence[Tokens], most: int) -> Tokens:
    return [token for _ in range(rng.randint(0, most)) for token in (",", *rng.choice(words))]
