"""`target` blocks: what they say, checked against the tables of the targets, and which calls of a pipeline it is said to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from mloc import patterns
from mloc.diagnostics.model import Label
from mloc.diagnostics.rules import (
    ATTRIBUTE_TWICE,
    DUPLICATE,
    TARGET_VERSION,
    UNDEFINED_NAME,
    UNKNOWN_STEP_PATH,
    UNKNOWN_TARGET,
    UNKNOWN_TARGET_ATTRIBUTE,
)
from mloc.diagnostics.suggest import correction, did_you_mean
from mloc.elaborate.target_values import Values
from mloc.frozen import dataclass
from mloc.ir.model import Call, Pipeline, Target, TargetAttribute
from mloc.ir.walk import calls
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.targets.model import GENERIC, Attribute, AttributeTable, Place
from mloc.targets.read import VERSION
from mloc.targets.versions import at_least, at_most, version_of
from mloc.types.encode import Json

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope

_ARM = patterns.of(r"(?<![^.])(?:then|elif\d+|else)\.")
_INDEX = patterns.of(r"\[\d*\]")

Leaves = dict[str, tuple[Json, Span]]


class Tables(Protocol):
    """The tables of the targets that are installed."""

    def names(self) -> tuple[str, ...]: ...

    def table(self, name: str) -> AttributeTable | None:
        """The table of a target; None when there is no such one."""
        ...


class NoTables:
    """Where no target is known, as when only the program itself is looked at."""

    def names(self) -> tuple[str, ...]:
        return ()

    def table(self, name: str) -> AttributeTable | None:
        return None


@dataclass(frozen=True, slots=True)
class Layer:
    """What a block says of the step or call `path`, or of the pipeline where that is None."""

    path: t.Identifier | None
    leaves: Leaves


@dataclass(frozen=True, slots=True)
class Block:
    """A block that was read: for one pipeline, or for every one of its file. `maps` are the attributes that are merged key by key."""

    target: str
    pipeline: str | None
    span: Span
    layers: tuple[Layer, ...]
    maps: frozenset[str]


@dataclass(frozen=True, slots=True)
class TargetReader:
    """Reads the target blocks of one file."""

    file: FileScope
    tables: Tables

    def blocks(self) -> tuple[Block, ...]:
        """Every block of the file whose target is known; reports what is wrong in any."""
        definitions = [d for d in self.file.module.declarations if isinstance(d, t.TargetDef)]
        seen: dict[tuple[str, str | None], Span] = {}
        found: list[Block] = []
        for definition in definitions:
            target, pipeline = definition.name.text, None if definition.pipeline is None else definition.pipeline.text
            if not self._pipeline_is_there(definition):
                continue
            if (target, pipeline) in seen:
                there = Label(seen[target, pipeline], "first here")
                message = f"there are two blocks `target {target}{'' if pipeline is None else f' for {pipeline}'}`"
                self.file.bag.report(DUPLICATE, definition.name.span, message, secondary=(there,), help="put what they say into one")
                continue
            seen[target, pipeline] = definition.name.span
            table = self.tables.table(target)
            if table is None:
                self._unknown_target(definition.name)
                continue
            found.append(self._block(definition, table, self._version(definition, definitions, table)))
        return tuple(found)

    def _pipeline_is_there(self, definition: t.TargetDef) -> bool:
        name = definition.pipeline
        if name is None or name.text in self.file.poisoned:
            return name is None
        known = [d.name.text for d in self.file.module.declarations if isinstance(d, t.PipelineDef)]
        if name.text in known:
            return True
        help_ = did_you_mean(name.text, known) or "a target block stands in the file of its pipeline"
        fix = correction(name.span, name.text, known)
        self.file.bag.report(UNDEFINED_NAME, name.span, f"there is no pipeline `{name.text}` in this file", help=help_, fix=fix)
        return False

    def _unknown_target(self, name: t.Identifier) -> None:
        known = self.tables.names()
        help_ = did_you_mean(name.text, known) or f"installed targets are {', '.join(f'`{each}`' for each in known) or 'none'}"
        fix = correction(name.span, name.text, known)
        self.file.bag.report(UNKNOWN_TARGET, name.span, f"there is no target `{name.text}`", help=help_, fix=fix)

    def _version(self, definition: t.TargetDef, definitions: Iterable[t.TargetDef], table: AttributeTable) -> str:
        """The version that a block is for: its own, that of the file-wide block, or the one that the target assumes."""
        wide = [d for d in definitions if d.name.text == definition.name.text and d.pipeline is None]
        for block in (definition, *wide):
            for item in block.items:
                text = _text(item) if isinstance(item, t.Attribute) and item.name.text == VERSION else None
                if text is None or version_of(text) is None:
                    continue
                if re.fullmatch(str(table.attributes[VERSION].schema.get("pattern", "")), text):
                    return text
        return table.version

    def _block(self, definition: t.TargetDef, table: AttributeTable, version: str) -> Block:
        own = [item for item in definition.items if isinstance(item, t.Attribute)]
        name = f"`target {table.target}`"
        layers = [Layer(None, self._leaves(own, table, version, "pipeline", name))]
        for item in definition.items:
            if isinstance(item, t.StepOverride):
                where = f"`step {item.path.text}` of {name}"
                layers.append(Layer(item.path, self._leaves(item.attributes, table, version, "step", where)))
        pipeline = None if definition.pipeline is None else definition.pipeline.text
        return Block(table.target, pipeline, definition.name.span, tuple(layers), table.maps())

    # ---- attributes ----

    def _leaves(self, written: Iterable[t.Attribute], table: AttributeTable, version: str, place: Place, where: str) -> Leaves:
        leaves: Leaves = {}
        seen: dict[str, Span] = {}
        for item in written:
            name = item.name.text
            if name in seen:
                there = Label(seen[name], "first here")
                self.file.bag.report(ATTRIBUTE_TWICE, item.name.span, f"`{name}` is given twice in {where}", secondary=(there,))
                continue
            seen[name] = item.name.span
            if name in GENERIC:
                generic = self.file.steps.attributes.read((item,), where, GENERIC)
                leaves.update({leaf: (_json(value), item.span) for leaf, value in generic.items()})
                continue
            attribute = table.attributes.get(name)
            if attribute is None or place not in attribute.places:
                self._unknown(item, table, attribute, place, where)
            elif self._is_there(item, attribute, table, version):
                value = Values(self.file).of(item, attribute)
                if value is not None and self._is_supported(item, value, table):
                    leaves[name] = (value, item.span)
        return leaves

    def _unknown(self, item: t.Attribute, table: AttributeTable, attribute: Attribute | None, place: Place, where: str) -> None:
        name, span, bag = item.name.text, item.name.span, self.file.bag
        if attribute is not None:
            what = "a pipeline as a whole" if place == "step" else "single steps"
            help_ = f"put it at the top of `target {table.target}`" if place == "step" else "put it below `step NAME:`"
            bag.report(UNKNOWN_TARGET_ATTRIBUTE, span, f"`{name}` is an attribute of {what}, not of {where}", help=help_)
            return
        known = [*table.at(place), *GENERIC]
        near = did_you_mean(name, known)
        others = [other for other in self.tables.names() if other != table.target and self._has(other, name)]
        notes = (f"`{name}` is an attribute of target {', '.join(f'`{other}`' for other in others)}",) if others else ()
        help_ = near or f"it may have {', '.join(f'`{each}`' for each in sorted(known))}"
        fix = correction(span, name, known)
        bag.report(UNKNOWN_TARGET_ATTRIBUTE, span, f"{where} has no attribute `{name}`", notes=notes, help=help_, fix=fix)

    def _has(self, target: str, name: str) -> bool:
        table = self.tables.table(target)
        return table is not None and name in table.attributes

    def _is_there(self, item: t.Attribute, attribute: Attribute, table: AttributeTable, version: str) -> bool:
        """Whether this version of the target has an attribute."""
        early = attribute.since is not None and not at_least(version, attribute.since)
        late = attribute.until is not None and not at_most(version, attribute.until)
        if not early and not late:
            return True
        bound = f"since version {attribute.since}" if early else f"up to version {attribute.until}"
        message = f"`{attribute.name}` is there {bound} of target `{table.target}`, which is {version} here"
        help_ = f'`version "{attribute.since if early else attribute.until}"` says that the server is one that has it'
        self.file.bag.report(TARGET_VERSION, item.name.span, message, help=help_)
        return False

    def _is_supported(self, item: t.Attribute, value: Json, table: AttributeTable) -> bool:
        """Whether a version is one that bundles can be made for; true of every other attribute."""
        if item.name.text != VERSION or not isinstance(value, str):
            return True
        # The tables take any digits; a number of more than six is the version of nothing.
        if version_of(value) is not None and at_least(value, table.oldest) and at_most(value, table.newest):
            return True
        message = f"target `{table.target}` supports versions {table.oldest} to {table.newest}, not {value}"
        self.file.bag.report(TARGET_VERSION, item.arguments[0].span, message)
        return False


# ---- what is said to a pipeline ---------------------------------------------------------------------------------------


def targets_of(pipeline: Pipeline, file: FileScope, blocks: Iterable[Block]) -> tuple[Target, ...]:
    """What the blocks of a file say to one of its pipelines.

    Of a step they weigh more than of the whole target, of a call more than of its step; and for the pipeline more than for its file.
    """
    mine = [block for block in blocks if block.pipeline in (None, pipeline.name)]
    mine.sort(key=lambda block: block.pipeline is not None)
    found = []
    for name in dict.fromkeys(block.target for block in mine):
        own = [block for block in mine if block.target == name]
        merged: dict[str, Leaves] = {"": {}}
        for wanted in ("pipeline", "step", "call"):
            for layer in (layer for block in own for layer in block.layers):
                for path in _reached(layer, pipeline, file, wanted):
                    _merge(merged.setdefault(path, {}), layer.leaves, own[0].maps)
        found.append(Target(name, tuple(_attributes(merged, pipeline)), own[-1].span))
    return tuple(found)


def check_paths(blocks: Iterable[Block], pipelines: Mapping[str, Pipeline], file: FileScope) -> None:
    """Report the paths that lead to no step or call of the pipelines that a block is for."""
    for block in blocks:
        own = [p for name, p in pipelines.items() if block.pipeline in (None, name)]
        for layer in block.layers:
            path = layer.path
            if path is None or any(_reached(layer, p, file, kind) for p in own for kind in ("step", "call")):
                continue
            steps = file.names_of(t.StepDef)
            if path.text in steps and block.pipeline is None:
                continue
            # A call that is missing because something else is wrong is not to be reported again.
            known = [*steps, *(place for p in own for call in _calls(p) for place in _paths(call))]
            near = did_you_mean(path.text, known)
            if near is None and file.bag.has_errors:
                continue
            what = f"`{block.pipeline}` calls no step `{path.text}`" if path.text in steps else f"there is no step or call `{path.text}`"
            help_ = near or f"there are {', '.join(f'`{each}`' for each in dict.fromkeys(known))}"
            fix = correction(path.span, path.text, known)
            file.bag.report(UNKNOWN_STEP_PATH, path.span, what, label="nothing would be set", help=help_, fix=fix)


def _reached(layer: Layer, pipeline: Pipeline, file: FileScope, kind: str) -> list[str]:
    """The pipeline itself, the calls of the step, or the calls at the path that a layer speaks of."""
    if layer.path is None:
        return [""] if kind == "pipeline" else []
    if kind == "call":
        return [call.id for call in _calls(pipeline) if layer.path.text in _paths(call)]
    found = file.find(layer.path.text) if kind == "step" else None
    if found is None or not isinstance(found.declaration, t.StepDef):
        return []
    place = found.declaration.name.span
    names = {step.name for step in pipeline.steps if step.span == place}
    return [call.id for call in _calls(pipeline) if call.step in names]


def _calls(pipeline: Pipeline) -> Iterator[Call]:
    for region in (pipeline.region, pipeline.on_failure, pipeline.final):
        yield from calls(region)


def _paths(call: Call) -> tuple[str, ...]:
    """How a program may name a call: its id without indices, and without the arms it stands in."""
    plain = _INDEX.sub("", call.id)
    return tuple(dict.fromkeys((plain, _ARM.sub("", plain))))


def _merge(into: Leaves, leaves: Leaves, maps: frozenset[str]) -> None:
    """The later wins, leaf by leaf; of a map, key by key."""
    for name, (value, span) in leaves.items():
        before = into.get(name, (None, span))[0]
        both = name in maps and isinstance(before, dict) and isinstance(value, dict)
        into[name] = ({**before, **value} if both else value, span)  # type: ignore[dict-item]


def _attributes(merged: Mapping[str, Leaves], pipeline: Pipeline) -> Iterator[TargetAttribute]:
    for path in ("", *(call.id for call in _calls(pipeline))):
        for name, (value, span) in sorted(merged.get(path, {}).items()):
            yield TargetAttribute(path, name, json.dumps(value, sort_keys=True, separators=(",", ":")), span)


def _text(item: t.Attribute) -> str | None:
    value = item.arguments[0].value if len(item.arguments) == 1 else None
    return value.value if isinstance(value, t.Text) else None


def _json(value: object) -> Json:
    """A leaf of a step's settings as JSON."""
    if isinstance(value, tuple):
        return [str(item) for item in value]
    assert isinstance(value, (str, int, float))
    return value
