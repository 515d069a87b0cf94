-- Queries of time deposits.

-- contracts --
-- The contracts of a batch; the locks on their accounts guard them.
select account_id, ordinary_account, term_months, rate, opened_on, started_on, matures_on,
       auto_renew, e_account, renewals, cancelled
from time_deposits.contract
where account_id = any(%s::bigint[])

-- save_contracts --
-- New and renewed contracts.
insert into time_deposits.contract
    (account_id, ordinary_account, term_months, rate, opened_on, started_on, matures_on,
     auto_renew, e_account, renewals, cancelled)
select * from unnest(%s::bigint[], %s::bigint[], %s::smallint[], %s::integer[], %s::date[],
                     %s::date[], %s::date[], %s::boolean[], %s::boolean[], %s::integer[],
                     %s::boolean[])
on conflict (account_id) do update
set rate = excluded.rate, started_on = excluded.started_on, matures_on = excluded.matures_on,
    auto_renew = excluded.auto_renew, e_account = excluded.e_account,
    renewals = excluded.renewals, cancelled = excluded.cancelled

-- books --
-- The last item number used in the time-deposit book of each ordinary account.
select ordinary_account, last_item
from time_deposits.book
where ordinary_account = any(%s::bigint[])

-- save_books --
-- Item numbers used by a batch.
insert into time_deposits.book (ordinary_account, last_item)
select * from unnest(%s::bigint[], %s::smallint[])
on conflict (ordinary_account) do update set last_item = excluded.last_item

-- posted_rates --
-- All posted rates, newest first, for a batch that opens or renews; the parameter asks for none.
select term_months, valid_from, rate
from time_deposits.posted_rate
where cardinality(%s::bigint[]) >= 0
order by term_months, valid_from desc

-- due_renewals --
-- Deposits that renew themselves on a business date, in the order of their accounts.
select account_id
from time_deposits.contract
where matures_on <= %(business_date)s and auto_renew and not cancelled and account_id > %(after)s
order by account_id
limit %(count)s

-- count_due_renewals --
-- How many deposits renew themselves on a business date.
select count(*) from time_deposits.contract where matures_on <= %s and auto_renew and not cancelled

-- switchable --
-- Deposits that still have a passbook and may become e-accounts, in the order of their accounts.
select account_id
from time_deposits.contract
where not e_account and not cancelled and matures_on > %(business_date)s and account_id > %(after)s
order by account_id
limit %(count)s

-- count_switchable --
-- How many deposits may become e-accounts on a business date.
select count(*)
from time_deposits.contract
where not e_account and not cancelled and matures_on > %s
