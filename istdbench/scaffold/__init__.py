"""A package of one's own to begin with."""
