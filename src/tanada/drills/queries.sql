-- What a drill reads of the bank, and the little that it does to it.

-- fact_of_kind --
-- Whether a fact of a kind was recorded.
select 1 from operations.fact where kind = %s limit 1

-- forget_meters --
-- Let the run's own policy declare the capacities; nothing has been taken yet.
delete from ledger.reversal_meter

-- facts --
-- All facts in order, for the timeline.
select at, component, kind, detail from operations.fact order by fact_id

-- hash_entries --
-- Every entry of customers' accounts, in an order that does not depend on how they came.
copy (select account_id, sequence, operation_id, amount, balance_after, business_date, booked_at
      from ledger.entry order by account_id, sequence) to stdout

-- hash_bank_entries --
-- Every entry of the bank's own accounts.
copy (select operation_id, account_id, amount, business_date, booked_at
      from ledger.bank_entry order by operation_id, account_id) to stdout

-- hash_operations --
-- Every operation with its outcome.
copy (select operation_id, key, command, channel, account_id, amount, kind, code, decided_at
      from operations.operation order by operation_id) to stdout

-- hash_attempts --
-- Every attempt of a customer.
copy (select attempt_id, at, answered_at, origin, operation, account_id, amount, kind, code, custody
      from watch.attempt order by attempt_id) to stdout

-- alarms --
-- All alarms in the order in which people were told.
select raised_at, at, component, kind from watch.alarm order by raised_at, alarm_id

-- unsettled --
-- Attempts whose outcome nobody knows.
select count(*) from watch.attempt where kind = 'unknown' and settled_kind is null
