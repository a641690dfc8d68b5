"""What a person types. The only room that puts the others together."""

from .app import main

__all__ = ["main"]
