"""What `runai_operator.api` promises, without a cluster."""
