"""The network of MiM-ISTD (Chen et al. 2024, arXiv 2403.02148). Read `network` first; it has the glossary."""
