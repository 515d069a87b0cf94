-- Who executes commands counts wrong PINs and withdrawals and stops cards; never may it write the
-- proof of a PIN, or raise a customer's daily limit.
revoke update on customers.card from tanada_compartment;
grant update (status, wrong_pins, withdrawn_on, withdrawn) on customers.card to tanada_compartment;
