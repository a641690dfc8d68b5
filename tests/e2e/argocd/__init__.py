"""`make e2e-argocd`: a real Argo CD syncs workloads out of git, through the operator, into a simulated Run:ai.

`build` makes Argo CD, `programs` runs it, `cluster` is what it needs in the API server, `applications` asks it, and
tells it what to do; `world` puts all together, and each module of `chapters/` is one thing that is shown.
"""
