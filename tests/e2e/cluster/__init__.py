"""The chart in a cluster with real Pods: `python -m tests.e2e.cluster`, from nothing to nothing, some minutes.

The cluster is kind's where Docker and kind work; else one node of this machine's own processes (`processes/`), which
takes root and some Debian packages, and needs neither Docker nor an image registry. `chapters/` is what is played.
"""
