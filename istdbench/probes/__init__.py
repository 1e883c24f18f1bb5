"""What a method costs: parameters, multiply-accumulates, latency and memory, each measured in its own process."""
