"""Metrics, logging and probes: a leaf, imported by all and importing none of the other rooms."""
