"""Scripts of shell steps whose results are kept, or that are tried again: what they read that is no input, and write a second time."""

from __future__ import annotations

from collections.abc import Iterator

from mloc import patterns
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import CACHED_CHANCE, RETRIED_WRITES
from mloc.elaborate.promises import place
from mloc.frozen import dataclass
from mloc.ir.model import RunShell
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t

_START = r"(?:^|[|;&(`]|\$\(|\bdo\b|\bthen\b)\s*"
_READS = (
    (patterns.of(r"\$\{?S?RANDOM\b|\bshuf\b|/dev/u?random\b|\buuidgen\b"), "random", "draws a random number"),
    (patterns.of(rf"(?m){_START}(date)\b(?![^|;&)\n]*(?:\s-d|--date|\s-r))|\$\{{?EPOCH"), "clock", "reads the clock"),
    (
        patterns.of(rf"(?m){_START}(curl|wget|git\s+(?:clone|pull|fetch)|(?:aws\s+s3|gsutil|gcloud\s+storage)\s+(?:cp|sync))\b"),
        "network",
        "reads from the network",
    ),
)
_INSERT = patterns.of(r"(?i)\binsert\s+into\b")
_ONCE = patterns.of(r"(?i)\bon\s+conflict\b|\bon\s+duplicate\b|\bnot\s+exists\b|\bdelete\s+from\b|\btruncate\b|\bor\s+(?:ignore|replace)\b")
_POSTS = patterns.of(r"\bcurl\b[^\n;|&]*(?:-X\s*POST|--request[ =]POST|\s-d\b|\s--data)")
_APPENDS = patterns.of(r">>\s*[\"']?/(?!dev/)[\w./-]+")
_HELP = {
    "random": "give it a seed, an input of the step, or leave `cache` out",
    "clock": "take the time as an input, or leave `cache` out",
    "network": "say until when a result holds, `cache ttl=1d`, or leave `cache` out",
}


@dataclass(frozen=True, slots=True)
class _Found:
    does: str
    written: str
    help: str


def scripts(program: Program, bag: Bag) -> None:
    """W0801 and W0806 of shell steps."""
    for declaration in program.steps():
        found = program.file.steps.step(declaration)
        if found is None or not isinstance(found[0].run, RunShell):
            continue
        leaves, script = {**program.file.defaults(), **found[1]}, _bare(found[0].run.script)
        effects = leaves.get("effects")
        said = effects if isinstance(effects, tuple) else ()
        if leaves.get("cache.on") and "random" not in said:
            _cached(declaration, script, meant="cache.ttl" in leaves or "reads" in said, bag=bag)
        retries = leaves.get("retry.count")
        if isinstance(retries, int) and retries > 0 and not leaves.get("idempotent") and "writes" not in said:
            _retried(declaration, script, bag)


def _bare(script: str) -> str:
    """The script without its comments."""
    return "\n".join(line for line in script.split("\n") if not line.lstrip().startswith("#"))


def _cached(step: t.StepDef, script: str, *, meant: bool, bag: Bag) -> None:
    for pattern, kind, does in _READS:
        match = pattern.search(script)
        if match is not None and not (meant and kind != "random"):
            written = next((group for group in match.groups() if group), match.group()).strip()
            message = f"step `{step.name.text}` is cached, and its script {does} (with `{written}`): later runs get the result of the first"
            bag.report(CACHED_CHANCE, _at(step, "cache"), message, help=_HELP[kind])
            return


def _retried(step: t.StepDef, script: str, bag: Bag) -> None:
    found = next(_writes(script), None)
    if found is not None:
        message = f"step `{step.name.text}` is retried, and its script {found.does} (`{found.written}`): another attempt writes it again"
        bag.report(RETRIED_WRITES, _at(step, "retry"), message, help=found.help)


def _writes(script: str) -> Iterator[_Found]:
    help_ = "say `idempotent` if doing it twice is the same as once, or `retry 0`"
    if (match := _INSERT.search(script)) is not None and not _ONCE.search(script):
        yield _Found("inserts rows", match.group(), help_)
    if _POSTS.search(script) is not None:
        yield _Found("sends something to a server", "curl", help_)
    if (match := _APPENDS.search(script)) is not None:
        yield _Found("appends to a file", match.group(), help_)


def _at(step: t.StepDef, attribute: str) -> Span:
    return place(step, attribute) or step.name.span
