"""What several methods share; a part of one network alone stands beside that network."""
