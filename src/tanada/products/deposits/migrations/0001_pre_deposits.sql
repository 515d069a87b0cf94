-- Ordinary deposits: how far the passbook is printed. The entries themselves are the ledger's.
create schema deposits;

create table deposits.passbook (
    account_id          bigint primary key,
    printed_sequence    bigint not null default 0,
    e_account           boolean not null default false
) with (fillfactor = 80);

grant usage on schema deposits to tanada_compartment, tanada_batch, tanada_console;
grant select, insert, update on deposits.passbook to tanada_compartment, tanada_batch;
