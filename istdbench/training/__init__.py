"""From data to weights, by a protocol's recipe; killed at any moment, a training goes on to the same bits."""
