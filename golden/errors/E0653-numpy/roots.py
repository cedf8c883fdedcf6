def root(n: float) -> float:
    return float(np.sqrt(n))
