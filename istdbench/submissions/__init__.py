"""Results that others hand in: what a bundle holds, whether it holds, and the sealed track."""
