"""All workloads of one connection, read together: the poller and its snapshot. Knows nothing of Kubernetes."""
