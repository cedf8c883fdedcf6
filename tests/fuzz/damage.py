"""Programs damaged as files are: cut off, bits turned, bytes that are no text, other ends of lines, extremes of size and depth."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_BYTES = [
    b"\0",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"\r",
    b"\t",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98\x80",
    b"\xe2\x80\xa8",
    b"\x0c",
    b"\x1b[31m",
]
_NUMBERS = [
    b"9" * 40,
    b"9" * 5000,
    b"1e400",
    b"0." + b"0" * 400 + b"1",
    b"99999999999999999999d",
    b"1_" * 50 + b"1",
    b"00",
    b"1" * 30 + b"GiB",
]
_DEEP = [
    (b"(", b")"),
    (b"[", b"]"),
    (b"{a: ", b"}"),
    (b"-", b""),
    (b"not ", b""),
    (b"x.", b"x"),
    (b"1 + ", b"1"),
    (b"x[", b"]"),
    (b'f"{', b'}"'),
    (b"f(", b")"),
]
_DEEP_TYPES = [(b"list[", b"]"), (b"{a: ", b"}"), (b"map[str, ", b"]"), (b"Table{a: ", b"}")]
_LONG = [b"#" + b"x" * 20_000, b'"' + b"y" * 20_000 + b'"', b"z" * 20_000, b" " * 20_000, b"[" + b"1, " * 2_000 + b"]"]


def damaged(text: str, seed: int) -> bytes:
    """The bytes of a program with one or two damages; the same seed gives the same."""
    rng = Random(seed)
    data = text.encode()
    for _ in range(rng.choice([1, 1, 2])):
        data = rng.choice(_WAYS)(data, rng)
    return data


def _cut(data: bytes, rng: Random) -> bytes:
    return data[: rng.randint(0, len(data))]


def _flipped(data: bytes, rng: Random) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    # Seven bits: the eighth mostly makes it no text, which `_inserted` does as well.
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(7)]) + data[at + 1 :]


def _inserted(data: bytes, rng: Random) -> bytes:
    at = rng.choice([0, len(data), rng.randint(0, len(data))])
    return data[:at] + rng.choice(_BYTES) + data[at:]


def _lines_ended(data: bytes, rng: Random) -> bytes:
    ended = rng.choice([(b"\n", b"\r\n"), (b"\n", b"\r"), (b"    ", b"\t"), (b" ", b"\xc2\xa0"), (b"\n", b"\n\n\n"), (b"\n", b"\n\x0c")])
    return data.replace(*ended, rng.choice([1, -1]))


def _number(data: bytes, rng: Random) -> bytes:
    return _over_a_word(data, rng, rng.choice(_NUMBERS))


def _deep(data: bytes, rng: Random) -> bytes:
    before, after = rng.choice(_DEEP if rng.random() < 0.8 else _DEEP_TYPES)
    depth = rng.choice([20, 60, 100, 300, 2_000])
    return _over_a_word(data, rng, before * depth + rng.choice([b"x", b"1", b"int"]) + after * rng.choice([depth, depth, depth - 1]))


def _nested(data: bytes, rng: Random) -> bytes:
    """Blocks within blocks, after a line of a block."""
    depth = rng.choice([10, 40, 120])
    head = rng.choice([b"if true:", b"for i in [1]:", b"retry:", b"options:"])
    blocks = b"".join(b" " * (4 + level) + head + b"\n" for level in range(depth)) + b" " * (4 + depth) + b"x = 1\n"
    at = data.rfind(b"\n    ") + 1
    return data[:at] + blocks + data[at:]


def _long(data: bytes, rng: Random) -> bytes:
    return _over_a_word(data, rng, rng.choice(_LONG))


def _over_a_word(data: bytes, rng: Random, by: bytes) -> bytes:
    """What stands in the place of a value or name: after a blank or bracket, up to the next."""
    starts = [at + 1 for at, byte in enumerate(data) if byte in b" ([{="]
    if not starts:
        return data + by
    start = end = rng.choice(starts)
    while end < len(data) and data[end] not in b" ()[]{},:=\n":
        end += 1
    return data[:start] + by + data[end:]


_WAYS: list[Callable[[bytes, Random], bytes]] = [_cut, _flipped, _flipped, _inserted, _lines_ended, _number, _deep, _nested, _long]
