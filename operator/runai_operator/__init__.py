"""The operator that keeps Run:ai workloads equal to the RunaiWorkload resources that declare them."""

__version__ = "0.1.0"
"""The one place that says it: the package's metadata, the image's label and the chart take it from here."""
