"""The ledger of claims: what authors state of their weights, and what these give by their rule and a common one."""
