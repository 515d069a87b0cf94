"""Accounts, entries, holds, balances and the reversal log: the sole writer of money."""
