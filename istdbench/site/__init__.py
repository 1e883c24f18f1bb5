"""The leaderboards as static web pages. No number is computed here: all come from `reports`, `claims` and records."""
