-- Queries of the ledger; it is the sole writer of money.

-- business_date --
-- The business date on which everything is booked now.
select business_date from ledger.business_day

-- advance_business_date --
-- Move the business date forward, never back; batches under way begin anew on the new date.
update ledger.business_day set business_date = %(day)s where business_date < %(day)s

-- lock_accounts --
-- Lock the accounts of a batch in the order of their ids, so that two batches never wait in a ring.
select account_id, product, balance, floor, last_sequence, open, customer_id
from ledger.account
where account_id = any(%s::bigint[])
order by account_id
for update

-- open_accounts --
-- Create the accounts that a batch opens.
insert into ledger.account (account_id, product, customer_id, opened_on, balance, last_sequence)
select *, 0, 0
from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::date[])

-- write_postings --
-- Write one batch: entries, the bank's own entries, reversal log and balances, in one statement.
-- The proof at its end makes the database check by itself what Python has checked before.
with entry as (
    insert into ledger.entry (account_id, sequence, operation_id, amount, balance_after,
                              value_date, business_date, booked_at)
    select e.account_id, e.sequence, e.operation_id, e.amount, e.balance_after,
           %(business_date)s, %(business_date)s, %(booked_at)s
    from unnest(%(entry_accounts)s::bigint[], %(entry_sequences)s::bigint[],
                %(entry_operations)s::uuid[], %(entry_amounts)s::bigint[],
                %(entry_balances)s::bigint[])
         as e (account_id, sequence, operation_id, amount, balance_after)
    returning amount
), bank as (
    insert into ledger.bank_entry (operation_id, account_id, amount, business_date, booked_at)
    select b.operation_id, b.account_id, b.amount, %(business_date)s, %(booked_at)s
    from unnest(%(bank_operations)s::uuid[], %(bank_accounts)s::bigint[],
                %(bank_amounts)s::bigint[])
         as b (operation_id, account_id, amount)
    returning amount
), log as (
    insert into ledger.reversal_log (operation_id, product, business_date, account_ids, amounts)
    select r.operation_id, r.product, %(business_date)s, r.account_ids::bigint[],
           r.amounts::bigint[]
    from unnest(%(log_operations)s::uuid[], %(log_products)s::text[], %(log_accounts)s::text[],
                %(log_amounts)s::text[])
         as r (operation_id, product, account_ids, amounts)
), lease as (
    update ledger.reversal_lease l
    set used = l.used + u.rows
    from unnest(%(used_products)s::text[], %(used_rows)s::bigint[]) as u (product, rows)
    where l.product = u.product and l.business_date = %(business_date)s and l.holder = %(holder)s
), balance as (
    update ledger.account a
    set balance = v.balance, last_sequence = v.last_sequence
    from unnest(%(balance_accounts)s::bigint[], %(balance_amounts)s::bigint[],
                %(balance_sequences)s::bigint[])
         as v (account_id, balance, last_sequence)
    where a.account_id = v.account_id
    returning 1
)
select ledger.prove_batch(
    (select coalesce(sum(amount), 0) from entry) + (select coalesce(sum(amount), 0) from bank),
    (select count(*) from balance), %(balance_count)s)

-- find_reversible --
-- The log rows of the operations that are to be cancelled.
select operation_id, product, business_date, account_ids, amounts, reversed_by
from ledger.reversal_log
where operation_id = any(%s::uuid[])

-- mark_reversed --
-- Mark log rows as cancelled, once only: a row that is marked already is not touched.
update ledger.reversal_log r
set reversed_by = v.reversed_by
from unnest(%s::uuid[], %s::uuid[]) as v (operation_id, reversed_by)
where r.operation_id = v.operation_id and r.reversed_by is null
returning 1

-- declare_meter --
-- Declare the capacity of a product's log for a business date; rows already taken stay taken.
insert into ledger.reversal_meter (product, business_date, capacity)
values (%s, %s, %s)
on conflict (product, business_date) do nothing

-- take_rows --
-- Take up to so many rows from the meter and note whose they are; says how many were given.
-- Nobody waits for the disk: a lease that a crash undoes was of no use to any batch that survived
-- it, since the log of the server keeps the order of commits.
with meter as (
    select product, business_date, capacity, taken
    from ledger.reversal_meter
    where product = %(product)s and business_date = %(business_date)s
    for update
), taken as (
    update ledger.reversal_meter m
    set taken = m.taken + least(%(wanted)s, meter.capacity - meter.taken)
    from meter
    where m.product = meter.product and m.business_date = meter.business_date
    returning m.taken, m.capacity, m.taken - meter.taken as given
), lease as (
    insert into ledger.reversal_lease (product, business_date, holder, leased)
    select %(product)s, %(business_date)s, %(holder)s, given from taken
    on conflict (product, business_date, holder)
        do update set leased = reversal_lease.leased + excluded.leased
)
select given, taken, capacity, set_config('synchronous_commit', 'off', true) from taken

-- give_back_rows --
-- Give back what a holder leased and did not use, as when its process has died with a lease.
with unused as (
    select product, business_date, leased - used as rows
    from ledger.reversal_lease
    where holder = %(holder)s and business_date = %(business_date)s
    for update
), lease as (
    update ledger.reversal_lease l
    set leased = l.leased - unused.rows
    from unused
    where l.holder = %(holder)s and l.business_date = unused.business_date
      and l.product = unused.product
)
update ledger.reversal_meter m
set taken = m.taken - unused.rows
from unused
where m.product = unused.product and m.business_date = unused.business_date

-- read_meters --
-- How full each product's log is on a business date.
select product, capacity, taken
from ledger.reversal_meter
where business_date = %s
order by product

-- account_balances --
-- Balances of some accounts, for people; takes no lock.
select account_id, product, balance, open
from ledger.account
where account_id = any(%s::bigint[])
order by account_id

-- atm_cash --
-- Cash that each machine holds according to the ledger, positive.
select account_id, -sum(amount)::bigint as cash
from ledger.bank_entry
where account_id between %s and %s
group by account_id
order by account_id
