"""End to end: the operator beside the real programs that people use it with. Minutes each, so not part of `make test`.

A folder is one such run, started by `python -m tests.e2e.<folder>`; what they share is here.
"""
