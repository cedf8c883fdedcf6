def train(rate: float = 0.01) -> float:
    return rate
