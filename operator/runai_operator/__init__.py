"""The operator that keeps Run:ai workloads equal to the RunaiWorkload resources that declare them."""

from importlib.metadata import version

__version__ = version("runai-operator")
