-- Checks of the ledger: each returns (subject, detail) of what is wrong.

-- operations_balance --
-- Every operation sums to zero on one business date, over customers' and the bank's own accounts.
select operation_id, 'off by ' || sum(amount) || ' on ' || business_date
from (
    select operation_id, business_date, amount from ledger.entry
    union all
    select operation_id, business_date, amount from ledger.bank_entry
) as posting
group by operation_id, business_date
having sum(amount) <> 0

-- balances_equal_entries --
-- Each balance is the sum of its entries, and their number is the last sequence.
select a.account_id,
       'balance ' || a.balance || ' and sequence ' || a.last_sequence
       || ', entries give ' || coalesce(e.total, 0) || ' and ' || coalesce(e.entries, 0)
from ledger.account a
full join (
    select account_id, sum(amount) as total, count(*) as entries, max(sequence) as last
    from ledger.entry
    group by account_id
) as e using (account_id)
where a.balance is distinct from coalesce(e.total, 0)
   or a.last_sequence is distinct from coalesce(e.entries, 0)
   or a.last_sequence is distinct from coalesce(e.last, 0)

-- entries_carry_their_balance --
-- Each entry's balance is the one before it plus its amount.
select account_id,
       'entry ' || sequence || ' says ' || balance_after || ', history gives ' || running
from (
    select account_id, sequence, balance_after,
           sum(amount) over (partition by account_id order by sequence) as running
    from ledger.entry
) as e
where running <> balance_after

-- balances_above_floors --
-- No customer account is below its floor.
select account_id, 'balance ' || balance || ', floor ' || floor
from ledger.account
where balance < floor

-- atm_cash_not_negative --
-- No machine has paid out more cash than was put into it (ids of atm_cash in accounts.py).
select account_id, 'cash ' || -sum(amount)
from ledger.bank_entry
where account_id between 10000000 and 19999999
group by account_id
having sum(amount) > 0

-- reversals_undo_their_original --
-- A cancelled operation and its reversal sum to zero on every account.
select r.original, 'account ' || p.account_id || ' is left with ' || sum(p.amount)
from (
    select operation_id as original, operation_id
    from ledger.reversal_log where reversed_by is not null
    union all
    select operation_id, reversed_by
    from ledger.reversal_log where reversed_by is not null
) as r
join (
    select operation_id, account_id, amount from ledger.entry
    union all
    select operation_id, account_id, amount from ledger.bank_entry
) as p using (operation_id)
group by r.original, p.account_id
having sum(p.amount) <> 0

-- log_within_capacity --
-- No more rows are in a reversal log than its meter says were taken.
select m.product, count(r.operation_id) || ' rows on ' || m.business_date || ', taken ' || m.taken
from ledger.reversal_meter m
left join ledger.reversal_log r
    on r.product = m.product and r.business_date = m.business_date
group by m.product, m.business_date, m.taken
having count(r.operation_id) > m.taken
