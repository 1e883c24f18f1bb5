"""The report: one HTML page that needs no network, from records and the score maps behind them."""
