"""What a user reads: the shape of a rendered diagnostic, and text that no terminal is hurt by."""

from __future__ import annotations

import re
import time
import unicodedata

from mloc.diagnostics.model import Diagnostic, Edit, Fix, Label, Rule
from mloc.diagnostics.render import concise, full, summary
from mloc.source import SourceFile, Span

COLUMN = Rule("E0402", "column-missing", "error", "a column is missing")
UNUSED = Rule("W0401", "unused", "warning", "an unused thing")

CHURN = """mlp 1
step split(rows: Table{churned: bool, ...R}, seed: int) -> (train: Table):
    run python "churn:split"

pipeline churn():
    checked = validate()


    parts   = split(rows=checked.clean, seed=7)
    scores  = for part in parts:
        one = score(part=part)
        two = score(part=one.x)
        yield two
    return
"""


def rendered(text: str, primary: tuple[str, str], *secondary: tuple[str, str], **more: object) -> str:
    """The rendering of a finding whose labels are at the first occurrence of their texts."""
    source = SourceFile("pipelines/churn.mlp", text)
    labels = [Label(Span(source.path, text.index(place), text.index(place) + len(place)), said) for place, said in (primary, *secondary)]
    diagnostic = Diagnostic(COLUMN, "column `churned` is missing", labels[0], tuple(labels[1:]), **more)  # type: ignore[arg-type]
    return full(diagnostic, {source.path: source})


def test_the_shape() -> None:
    span = Span("pipelines/churn.mlp", 0, 0)
    assert (
        rendered(
            CHURN,
            ("checked.clean", "has only columns `id`, `age`"),
            ("churned: bool", "required here"),
            notes=("`churned` was dropped by step `validate` (line 35)\nits output row is closed",),
            help="add `...R` to the output of `validate`",
            fix=Fix("machine-applicable", (Edit(span, "x"),)),
        )
        == """\
error[E0402]: column `churned` is missing
 --> pipelines/churn.mlp:9:26
  |
9 |     parts   = split(rows=checked.clean, seed=7)
  |                          ^^^^^^^^^^^^^ has only columns `id`, `age`
  |
 ::: pipelines/churn.mlp:2:24
  |
2 | step split(rows: Table{churned: bool, ...R}, seed: int) -> (train: Table):
  |                        ^^^^^^^^^^^^^ required here
  |
  = note: `churned` was dropped by step `validate` (line 35)
          its output row is closed
  = help: add `...R` to the output of `validate`  [fix available]
"""
    )


def test_several_labels_on_a_line() -> None:
    labels = [("parts ", "a name"), ("split(rows=", "the step"), ("seed=7", "fine")]
    assert rendered(CHURN, ("checked.clean", "the table"), *labels).endswith("""\
9 |     parts   = split(rows=checked.clean, seed=7)
  |     ------    -----------^^^^^^^^^^^^^  ------ fine
  |     |         |          |
  |     |         |          the table
  |     |         the step
  |     a name
""")


def test_labels_inside_each_other() -> None:
    assert rendered(CHURN, ("split(rows=checked.clean, seed=7)", "the call"), ("checked.clean", "the table")).endswith("""\
9 |     parts   = split(rows=checked.clean, seed=7)
  |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |               |          |
  |               |          the table
  |               the call
""")


def test_near_lines_share_a_snippet() -> None:
    assert rendered(CHURN, ("checked.clean", "here"), ("checked", "bound here")).endswith(
        """\
 6 |     checked = validate()
   |     ------- bound here
...
 9 |     parts   = split(rows=checked.clean, seed=7)
   |                          ^^^^^^^^^^^^^ here
""".replace(" 6", "6")
        .replace(" 9", "9")
        .replace("   |", "  |")
    )


def test_a_label_over_lines() -> None:
    loop = CHURN[CHURN.index("scores") : CHURN.index("    return")]
    assert (
        rendered(CHURN, (loop, "this loop"), ("part=one.x", "here"))
        == """\
error[E0402]: column `churned` is missing
  --> pipelines/churn.mlp:10:5
   |
10 | /     scores  = for part in parts:
11 | |         one = score(part=part)
12 | |         two = score(part=one.x)
   | |                     ---------- here
13 | |         yield two
   | |_________________^ this loop
"""
    )


def test_a_label_over_lines_that_begins_inside_a_line() -> None:
    loop = CHURN[CHURN.index("for part") : CHURN.index("    return")]
    assert rendered(CHURN, (loop, "this loop")).endswith("""\
10 |       scores  = for part in parts:
   |  _______________^
...  |
13 | |         yield two
   | |_________________^ this loop
""")


def test_another_file() -> None:
    main, other = SourceFile("a.mlp", 'from "b.mlp" import x\n'), SourceFile("b.mlp", "\n" * 119 + "step x():\n")
    diagnostic = Diagnostic(COLUMN, "m", Label(Span("a.mlp", 20, 21)), (Label(Span("b.mlp", 124, 125), "declared here"),), help="h")
    assert (
        full(diagnostic, {"a.mlp": main, "b.mlp": other})
        == """\
error[E0402]: m
   --> a.mlp:1:21
    |
  1 | from "b.mlp" import x
    |                     ^
    |
   ::: b.mlp:120:6
    |
120 | step x():
    |      ^ declared here
    |
    = help: h
"""
    )


def cells(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_wide_combining_and_tab_characters_are_aligned() -> None:
    text = 'mlp 1\n\tx = "漢字 e\u0301 👍" + bad\n'
    *_, line, marks = rendered(text, ("bad", "here")).splitlines()
    assert "\t" not in line
    assert cells(line[: line.index("bad")]) == marks.index("^^^")


def test_control_and_format_characters_are_escaped() -> None:
    text = 'mlp 1\nx = "\x1b[2J\x07\u202e\x9b\r" + bad\n'
    out = rendered(text, ("bad", "a\x1b[31m\nb"), notes=("n\x1b]0;t\x07",), help="h\u2028")
    assert {c for c in out if unicodedata.category(c) in {"Cc", "Cf", "Zl"}} == {"\n"}
    assert '2 | x = "\\x1b[2J\\x07\\u202e\\x9b\\r" + bad' in out
    assert "^^^ a\\x1b[31m\\nb" in out
    *_, line, marks, _, _, _ = out.splitlines()
    assert line.index("bad") == marks.index("^^^")


def test_the_end_of_a_file_and_of_a_line() -> None:
    source = SourceFile("a.mlp", "mlp 1\nx = 1")
    at_end = full(Diagnostic(COLUMN, "m", Label(Span("a.mlp", 11, 11), "end")), {"a.mlp": source})
    assert at_end.endswith("2 | x = 1\n  |      ^ end\n")
    beyond = full(Diagnostic(COLUMN, "m", Label(Span("a.mlp", 50, 90))), {"a.mlp": source})
    assert beyond.endswith("2 | x = 1\n  |      ^\n")
    line_end = full(Diagnostic(COLUMN, "m", Label(Span("a.mlp", 5, 6), "end")), {"a.mlp": source})
    assert line_end.endswith("1 | mlp 1\n  |      ^ end\n")
    empty = full(Diagnostic(COLUMN, "m", Label(Span("e.mlp", 0, 0), "empty")), {"e.mlp": SourceFile("e.mlp", "")})
    assert empty.endswith("1 |\n  | ^ empty\n")


def test_a_line_of_ten_megabytes_is_cut_around_its_label() -> None:
    text = "mlp 1\n" + "x" * 5_000_000 + " bad " + "漢" * 5_000_000 + "\n"
    started = time.perf_counter()
    out = rendered(text, ("bad", "here"))
    assert time.perf_counter() - started < 1
    line, marks = out.splitlines()[-2:]
    assert len(line) < 200
    assert line.index("bad") == marks.index("^^^")
    assert line.startswith("2 | ...x")
    assert line.endswith("漢...")


def test_labels_outside_the_part_shown_are_on_the_dots() -> None:
    text = "mlp 1\n" + "first " + "x" * 500 + " bad " + "y" * 500 + " last\n"
    line, *rows = rendered(text, ("bad", "here"), ("first", "far left"), ("last", "far right")).splitlines()[3:]
    assert line[4:7] == "..."
    assert rows[0][4] == "-"
    assert rows[0].endswith("--- far right")
    assert rows[-1].endswith("| far left")


def test_a_long_label_shows_its_beginning() -> None:
    text = "mlp 1\n" + "x" * 10_000 + "\n"
    line, marks = rendered(text, ("x" * 10_000, "all of it")).splitlines()[-2:]
    assert line.endswith("x...")
    assert marks.endswith("^ all of it")
    assert line[4] == "x"


def test_a_long_message_is_cut() -> None:
    assert len(rendered(CHURN, ("parts", "y" * 10_000_000))) < 5_000


def test_colours_change_nothing_but_colours() -> None:
    source = SourceFile("a.mlp", CHURN)
    labels = [Label(Span("a.mlp", CHURN.index(t), CHURN.index(t) + 4), t) for t in ("checked.clean", "split(rows=", "mlp 1", "validate")]
    diagnostic = Diagnostic(COLUMN, "m", labels[0], tuple(labels[1:]), ("a\nb",), "h", Fix("maybe-incorrect", ()))
    plain, coloured = full(diagnostic, {"a.mlp": source}), full(diagnostic, {"a.mlp": source}, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31m^^^^" in coloured
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain


def test_concise() -> None:
    source = SourceFile("a\n.mlp", CHURN)
    assert concise(Diagnostic(UNUSED, "m `x`", Label(Span("a\n.mlp", 6, 10))), {"a\n.mlp": source}) == "a\\n.mlp:2:1: warning[W0401]: m `x`"


def test_summary() -> None:
    error, warning = Diagnostic(COLUMN, "m", Label(Span("a", 0, 0))), Diagnostic(UNUSED, "m", Label(Span("a", 0, 0)))
    assert summary([], 2) == "no errors in 2 files"
    assert summary([error], 1) == "1 error in 1 file"
    assert summary([warning, error, error], 3) == "2 errors and 1 warning in 3 files"
    assert summary([warning], 1) == "1 warning in 1 file"
