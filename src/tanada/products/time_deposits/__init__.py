"""Time deposits: open, renew, balance, maturity and interest."""
