"""Random programs, and what must hold for every one of them."""
