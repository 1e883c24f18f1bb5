"""What happens: train, predict, evaluate, run. Nothing here prints or parses a command line."""
