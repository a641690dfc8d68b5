"""Keyed queue, workers, backoff and budget. Knows neither Kubernetes nor Run:ai."""
