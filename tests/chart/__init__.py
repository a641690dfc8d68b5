"""The chart deploy/helm/runai-operator: what follows from it, and whether Helm and the API server take it.

`python -m tests.chart` writes what is generated from it. It knows the chart as Helm renders it, and the operator only
by its command line.
"""
