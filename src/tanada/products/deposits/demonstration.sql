-- copy_passbooks --
-- How far each passbook is printed.
copy deposits.passbook (account_id, printed_sequence) from stdin;
