"""Real processes under every fault that a machine can have: a Kubernetes API server, a simulated Run:ai, two operators.

`python -m tests.chaos.live` plays it; its last line is JSON. Nothing here knows how the operator works.
"""
