"""What keeps the two sides equal: desired, observe, decide, act, report. Reaches Kubernetes only through its port."""
