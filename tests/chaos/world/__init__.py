"""One operator, or several, in one process: with a Kubernetes and a Run:ai in memory, and in virtual time.

Whoever knows the seed, the switches and the strikes knows the whole story: nothing else decides what happens.
Everything of the operator is real, from its workers to its HTTP client; only what lies beyond is replaced.
"""
