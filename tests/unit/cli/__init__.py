"""The command line's own parts, without a cluster."""
