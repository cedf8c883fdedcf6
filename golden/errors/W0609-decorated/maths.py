from typing import Callable


def logged(function: Callable[..., int]) -> Callable[..., int]:
    return function


@logged
def double(x: int) -> int:
    return 2 * x
