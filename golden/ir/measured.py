"""The steps of tables.mlp."""


def read(source): ...


def clean(rows, options): ...


def fit(rows, mode): ...
