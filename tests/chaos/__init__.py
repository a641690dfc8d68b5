"""The operator under every fault that we can think of: invariants, the crash matrix, and random stories."""
