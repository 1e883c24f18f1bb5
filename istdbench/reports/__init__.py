"""Views of records: Markdown leaderboards and terminal tables, each a pure function of the records."""
