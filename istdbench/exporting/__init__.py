"""Networks for use elsewhere: one file that needs nothing of istdbench, by format."""
