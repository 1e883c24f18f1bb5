"""The ledger of claims: what authors state of their weights, beside what these give under their rule and a common one."""
