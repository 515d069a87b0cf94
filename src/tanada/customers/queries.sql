-- Queries of the customers.

-- cards --
-- The cards that a batch names; the locks on their accounts guard them.
select card_number, account_id, status, pin_proof, wrong_pins, daily_limit, withdrawn_on, withdrawn
from customers.card
where card_number = any(%s::bigint[])

-- save_cards --
-- What a batch changes of its cards.
update customers.card c
set status = v.status, wrong_pins = v.wrong_pins, withdrawn_on = v.withdrawn_on,
    withdrawn = v.withdrawn
from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::date[], %s::bigint[])
     as v (card_number, status, wrong_pins, withdrawn_on, withdrawn)
where c.card_number = v.card_number
