"""Events, from text to numbers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import TypedDict


class Shard(TypedDict):
    path: str
    etag: str


def vocabulary(events: Path, least: int = 5) -> Path:
    """A number for every word that occurs often enough."""
    counts = Counter(word for file in sorted(events.glob("*.txt")) for word in file.read_text().split())
    words = [word for word, count in counts.most_common() if count >= least]
    found = Path("vocab.json")
    found.write_text(json.dumps({word: number for number, word in enumerate(words)}))
    return found


def list_shards(events: Path) -> list[Shard]:
    """The files of the events, with a digest that changes when they do."""
    files = sorted(events.glob("*.txt"))
    return [Shard(path=str(file), etag=hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]


def prepare(shard: Shard, vocab: Path) -> Path:
    """The numbers of a shard's words."""
    numbers = json.loads(vocab.read_text())
    folder = Path("prepared")
    folder.mkdir()
    words = Path(shard["path"]).read_text().split()
    (folder / "numbers.json").write_text(json.dumps([numbers.get(word, -1) for word in words]))
    return folder
