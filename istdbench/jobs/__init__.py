"""What names a number: a method with its options, on a data set, by a protocol, with a seed; and its weights."""
