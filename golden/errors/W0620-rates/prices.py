RATES = open("rates.csv").read()


def price(n: int) -> int:
    return n * len(RATES)
