"""From a job to its record and back: run, verify, limits, and the opening of any source of score maps."""
