"""The Kubernetes side: Kopf handlers, the adapter behind sync's port, events. Decides nothing."""
