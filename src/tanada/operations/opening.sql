-- copy_operations --
-- Operations that were decided before the bank opened: all accepted, none can be repeated.
copy operations.operation
    (operation_id, key, fingerprint, command, product, channel, origin, account_id, amount,
     kind, code, result, compartment, made_at, decided_at, business_date)
from stdin;
