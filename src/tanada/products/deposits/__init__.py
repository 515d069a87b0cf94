"""Ordinary deposits: open, deposit, withdraw, balance, passbook, card stop."""
