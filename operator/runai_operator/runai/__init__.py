"""The Run:ai client: credentials, transport, workloads, errors. Knows nothing of Kubernetes."""
