"""Reads the words of a container's command line from their JSON form, which `mloc.ir.program.word_json` writes."""

from __future__ import annotations

from mloc.ir.document.read_exprs import expr_of
from mloc.ir.model import InputWord, JoinedWord, OutputWord, ValueWord, Word, WordGroup
from mloc.runner.jsons import as_array, as_object, as_text
from mloc.types.encode import Json


def word_of(data: Json) -> Word:
    """The word of a JSON form. Raises BadProgram, and KeyError, for anything else."""
    if isinstance(data, dict) and "group" in data:
        return WordGroup(tuple(_single(part) for part in as_array(data["group"], "a group")))
    return _single(data)


def _single(data: Json) -> str | InputWord | OutputWord | ValueWord | JoinedWord:
    if isinstance(data, dict) and "join" in data:
        return JoinedWord(tuple(_atom(part) for part in as_array(data["join"], "the parts of a word")))
    return _atom(data)


def _atom(data: Json) -> str | InputWord | OutputWord | ValueWord:
    if isinstance(data, str):
        return data
    body = as_object(data, "a word")
    if "value" in body:
        return ValueWord(expr_of(body["value"]))
    return InputWord(as_text(body["input"], "an input")) if "input" in body else OutputWord(as_text(body["output"], "an output"))
