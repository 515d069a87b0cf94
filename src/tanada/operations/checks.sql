-- Checks of the operations: each returns (subject, detail) of what is wrong.

-- entries_belong_to_accepted_operations --
-- Money moved only by operations that were accepted.
select p.operation_id, coalesce('the operation is ' || o.kind, 'no such operation')
from (
    select operation_id from ledger.entry
    union
    select operation_id from ledger.bank_entry
) as p
left join operations.operation o using (operation_id)
where o.kind is distinct from 'accepted'

-- one_effect_an_operation --
-- An operation has at most one entry on an account.
select operation_id, count(*) || ' entries on account ' || account_id
from ledger.entry
group by operation_id, account_id
having count(*) > 1

-- keys_name_their_operations --
-- A key stands for one operation only.
select key, count(*) || ' operations'
from operations.operation
group by key
having count(*) > 1
