"""Many runs as one queue that processes, machines and a Ray cluster share."""
