"""Detection methods: what one is, in `method`, and those that come with the package, a folder a family."""
