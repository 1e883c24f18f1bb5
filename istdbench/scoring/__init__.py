"""From an image to counts: what a network sees, predictors, and one loop that shows each map to collectors."""
