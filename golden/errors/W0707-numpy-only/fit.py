import numpy as np


def fit(rows: int) -> float:
    return float(np.sqrt(rows))
