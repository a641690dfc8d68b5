"""The documentation site: that it builds, that its pages hold what they claim, and how links out of docs/ are shown."""
