-- Checks of time deposits: each returns (subject, detail) of what is wrong.

-- contracts_agree_with_ledger --
-- Every time deposit of the ledger has one contract, and every contract an open account with money.
select coalesce(a.account_id, c.account_id),
       case when a.account_id is null then 'contract without an account'
            when c.account_id is null then 'account without a contract'
            else 'open ' || a.open || ', balance ' || a.balance end
from (select * from ledger.account where product = 'time_deposits') as a
full join time_deposits.contract c using (account_id)
where a.account_id is null or c.account_id is null or not a.open
   or (a.balance <= 0) <> c.cancelled

-- items_within_books --
-- No item number is above the last one of its book.
select c.account_id, 'item ' || c.account_id % 1000 || ', last ' || coalesce(b.last_item, 0)
from time_deposits.contract c
left join time_deposits.book b using (ordinary_account)
where c.account_id % 1000 > coalesce(b.last_item, 0)
