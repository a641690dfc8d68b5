"""The Run:ai control plane of the published contract, in memory, with faults on demand. Imports nothing of the operator."""
