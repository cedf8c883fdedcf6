"""Right programs with more around them: attributes in their steps, options and handlers in their pipelines, launches, secrets, targets."""

from __future__ import annotations

import re
from random import Random

from tests.fuzz import promises

_BLOCK = re.compile(r"^(step|pipeline) (\w+)\(", re.MULTILINE)
_END = re.compile(r"\n(?=[^\s)])|\Z")
_HANDLERS = [
    "    on failure:\n        said = f\"{run.error.message} {run.error.step ?? 'none'}\"\n",
    '    finally:\n        ended = f"{run.status} {run.id}"\n',
    "    on failure:\n        x9 = run.error\n    finally:\n        y9 = run.duration\n",
    '    finally:\n        if run.status == "failed":\n            z9 = 1\n',
    '    on failure:\n        require run.now > run.scheduled_time, "late"\n',
]


def garnished(text: str, seed: int) -> str:
    """The program with some of what the language has around steps and pipelines; the same seed gives the same."""
    rng = Random(seed)
    for _ in range(rng.choice([1, 1, 2, 3])):
        text = rng.choice([_attribute, _attribute, _options, _handlers, _launch, _secret, _target])(text, rng)
    return text


def _block(text: str, rng: Random, kind: str) -> tuple[str, int, int] | None:
    """The name of a step or pipeline, and where its first line and its block end; None when there is none."""
    found = [match for match in _BLOCK.finditer(text) if match.group(1) == kind]
    if not found:
        return None
    head = rng.choice(found)
    first = text.find(":\n", head.end())
    end = _END.search(text, first + 2)
    return None if first < 0 or end is None else (head.group(2), first + 2, end.start())


def _attribute(text: str, rng: Random) -> str:
    found = _block(text, rng, "step")
    if found is None:
        return text
    kept = text[: found[2]].rstrip("\n")
    return f"{kept}\n    {promises.attribute(rng)[0]}\n{text[found[2] :]}"


def _options(text: str, rng: Random) -> str:
    found = _block(text, rng, "pipeline")
    if found is None:
        return text
    lines = "".join(f"        {promises.option(rng)[0]}\n" for _ in range(rng.choice([1, 1, 2])))
    return f"{text[: found[1]]}    options:\n{lines}{text[found[1] :]}"


def _handlers(text: str, rng: Random) -> str:
    found = _block(text, rng, "pipeline")
    if found is None:
        return text
    kept = text[: found[2]].rstrip("\n")
    return f"{kept}\n{rng.choice(_HANDLERS)}{text[found[2] :]}"


def _launch(text: str, rng: Random) -> str:
    found = _block(text, rng, "pipeline")
    name = found[0] if found else "p"
    kind, lines = rng.choice([("schedule", promises.schedule(rng)), ("trigger", promises.trigger(rng))])
    return _appended(text, f"{kind} {rng.choice(['nightly', 'up'])} for {name}:", ["".join(line) for line in lines])


def _secret(text: str, rng: Random) -> str:
    """A secret, and a step that gets it."""
    line = promises.secret(rng)
    found = _block(text, rng, "step")
    if found is not None and rng.random() < 0.7:
        kept = text[: found[2]].rstrip("\n")
        text = f"{kept}\n    secrets {line[1].upper()}={line[1]}\n{text[found[2] :]}"
    return text.rstrip("\n") + "\n\n" + " ".join(line) + "\n"


def _target(text: str, rng: Random) -> str:
    target = rng.choice(promises.TARGETS)
    found, step = _block(text, rng, "pipeline"), _block(text, rng, "step")
    head = f"target {target} for {found[0]}:" if found and rng.random() < 0.3 else f"target {target}:"
    lines = [" ".join(line) for line in promises.target_lines(rng, target)]
    if step is not None and rng.random() < 0.5:
        lines.append(f"step {step[0]}:\n        {' '.join(promises.target_lines(rng, target)[0])}")
    return _appended(text, head, lines)


def _appended(text: str, head: str, lines: list[str]) -> str:
    return text.rstrip("\n") + f"\n\n{head}\n" + "".join(f"    {line}\n" for line in lines)
