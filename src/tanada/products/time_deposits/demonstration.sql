-- copy_contracts --
-- One contract a time deposit.
copy time_deposits.contract
    (account_id, ordinary_account, term_months, rate, opened_on, started_on, matures_on,
     e_account, renewals)
from stdin;

-- copy_books --
-- The last item number used in each ordinary account's time-deposit book.
copy time_deposits.book (ordinary_account, last_item) from stdin;
