"""The sandbox, by its own guide."""

CASES = []
