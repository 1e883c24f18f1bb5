"""Detection methods: one file each, or a folder where a method needs more; all register through `plugin.py`."""
