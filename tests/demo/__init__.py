"""`make demo`: everything on this machine, and the examples on their way to Running.

A stage (control plane, simulator, operator) that tests may use too, the table, and what is said around it.
"""
