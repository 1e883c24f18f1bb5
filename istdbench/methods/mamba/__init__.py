"""Networks of selective scans in MiM-ISTD's encoder and decoder."""
