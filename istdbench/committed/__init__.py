"""What stands in the repository, the zoo's entries and the leaderboards, and whether it is what the code makes."""
