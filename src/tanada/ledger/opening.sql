-- is_opened --
-- A ledger is opened once, when it holds nothing yet.
select exists (select from ledger.account) or exists (select from ledger.bank_entry);

-- copy_accounts --
-- Customers' accounts with the balance that they bring in as their first entry.
copy ledger.account (account_id, product, balance, last_sequence, opened_on, customer_id)
from stdin;

-- copy_entries --
-- One entry an account: the balance brought in.
copy ledger.entry
    (account_id, sequence, operation_id, amount, balance_after, value_date, business_date,
     booked_at)
from stdin;

-- copy_bank_entries --
-- Entries of the bank's own accounts.
copy ledger.bank_entry (operation_id, account_id, amount, business_date, booked_at) from stdin;

-- copy_meters --
-- The declared capacity of each product's reversal log on the first business date.
copy ledger.reversal_meter (product, business_date, capacity) from stdin;

-- set_business_date --
-- The date on which the bank opens.
insert into ledger.business_day (business_date) values (%s);
