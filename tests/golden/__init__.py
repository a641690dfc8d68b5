"""What this version leaves on both sides, kept from real runs, and what each later version must make of it.

A folder a version, a file a story. `python -m tests.golden <folder>` records them anew, into a new folder: one that is
there is never rewritten, for operators of that version are out there.
"""
