"""The outside of the bank, simulated: machines, customers and networks over real protocols."""
