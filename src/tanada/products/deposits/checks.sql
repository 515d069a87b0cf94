-- Checks of ordinary deposits: each returns (subject, detail) of what is wrong.

-- deposits_have_passbooks --
-- Every ordinary deposit of the ledger has its passbook row, printed no further than booked.
select a.account_id, coalesce('printed to ' || p.printed_sequence || ' of ' || a.last_sequence,
                              'no passbook row')
from ledger.account a
left join deposits.passbook p using (account_id)
where a.product = 'deposits'
  and (p.account_id is null or p.printed_sequence > a.last_sequence)
