"""The API server in memory is held to the real one: the same small stories run against both, and must read the same."""
