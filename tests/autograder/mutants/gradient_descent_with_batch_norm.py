"""Wrong answers to the exercises of notebook 05 that no list of misconceptions holds."""

MUTANTS: dict[str, list[str]] = {}
