-- Queries of ordinary deposits.

-- passbooks --
-- How far the passbooks of a batch are printed.
select account_id, printed_sequence, e_account
from deposits.passbook
where account_id = any(%s::bigint[])

-- save_passbooks --
-- How far they are printed now; new accounts bring new passbooks.
insert into deposits.passbook (account_id, printed_sequence, e_account)
select * from unnest(%s::bigint[], %s::bigint[], %s::boolean[])
on conflict (account_id)
    do update set printed_sequence = excluded.printed_sequence, e_account = excluded.e_account

-- unposted --
-- The oldest unposted (未記帳) entries of each passbook, as many as one update can print.
select p.account_id, e.sequence, e.business_date, e.amount, e.balance_after
from deposits.passbook p
cross join lateral (
    select sequence, business_date, amount, balance_after
    from ledger.entry
    where entry.account_id = p.account_id and entry.sequence > p.printed_sequence
    order by sequence
    limit 96
) as e
where p.account_id = any(%s::bigint[])
order by p.account_id, e.sequence
