import nunpy


def mean(xs: list[float]) -> float:
    return float(nunpy.mean(xs))
