"""Records as text, tables, plots and pages. Nothing here predicts: the same records give the same bytes."""
