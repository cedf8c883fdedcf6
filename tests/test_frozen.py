"""`mloc.frozen`: what the type checker takes for a data class behaves as one."""

from __future__ import annotations

import dataclasses
from itertools import count

import pytest

from mloc.frozen import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list, compare=False)
    twice: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", 2 * self.x)


@dataclass(frozen=True, slots=True)
class Named(Point):
    name: str = "origin"


@dataclass(frozen=True, slots=True, order=True)
class Version:
    major: int
    minor: int = 0


@dataclass(slots=True, eq=False)
class Node:
    value: int


# The first few objects of a class are made otherwise than the later ones.
@pytest.mark.parametrize("number", range(10))
def test_objects(number: int) -> None:
    point = Point(number, tags=["a"])
    assert (point.x, point.y, point.tags, point.twice) == (number, 2, ["a"], 2 * number)
    assert point == Point(number) != Point(number, 3)
    assert hash(point) == hash(Point(number))
    assert repr(point) == f"Point(x={number}, y=2, tags=['a'])"
    assert Point(1).tags is not Point(1).tags
    named = Named(number, name="n")
    assert (named.name, named.twice) == ("n", 2 * number)
    assert named != point
    assert replace(point, y=5) == Point(number, 5)
    assert replace(named, x=7).twice == 14


@pytest.mark.parametrize("early", [True, False])
def test_wrong_arguments(early: bool) -> None:
    @dataclass(frozen=True, slots=True)
    class Pair:
        left: int
        right: int

    for _ in range(0 if early else 10):
        Pair(1, 2)
    for wrong, why in (
        (lambda: Pair(1), "missing 1 required positional argument: 'right'"),  # type: ignore[call-arg]
        (lambda: Pair(1, 2, 3), "takes 3 positional arguments but 4 were given"),  # type: ignore[call-arg]
        (lambda: Pair(1, 2, left=3), "multiple values for argument 'left'"),  # type: ignore[misc]
        (lambda: Pair(1, right=2, up=3), "unexpected keyword argument 'up'"),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError, match=why):
            wrong()


def test_slots_patterns_and_order() -> None:
    with pytest.raises(AttributeError):
        Point(1).z = 1  # type: ignore[attr-defined]
    match Point(3, 4):
        case Point(x, y, tags):
            assert (x, y, tags) == (3, 4, [])
    assert sorted([Version(2), Version(1, 5), Version(1)]) == [Version(1), Version(1, 5), Version(2)]
    assert Node(1) != Node(1)


def test_with_the_library() -> None:
    point = Named(1, 3)
    assert dataclasses.is_dataclass(point)
    assert [each.name for each in dataclasses.fields(point)] == ["x", "y", "tags", "twice", "name"]
    assert dataclasses.replace(point, y=9) == Named(1, 9)
    assert dataclasses.asdict(Version(1)) == {"major": 1, "minor": 0}


def test_the_field_of_the_library_is_refused() -> None:
    numbers = count()
    with pytest.raises(TypeError, match="takes `field` from here"):

        @dataclass(slots=True)
        class Wrong:
            number: int = dataclasses.field(default_factory=lambda: next(numbers))
