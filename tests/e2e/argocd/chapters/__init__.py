"""One thing that is shown to a module, with an application of its own: `show(world)`."""
