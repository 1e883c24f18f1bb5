"""Data sets: where they come from, how they are split and read, and the doctor that examines them."""
