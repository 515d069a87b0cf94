-- The ledger: customers' accounts with a balance and a floor, the bank's own accounts append-only.
-- Amounts are signed integers of the currency's minor unit, a credit positive: what the bank owes a
-- customer is positive, cash in a machine (an asset of the bank) is negative.
create schema ledger;

create table ledger.account (
    account_id      bigint primary key,
    product         text not null,
    currency        char(3) not null default 'JPY',
    balance         bigint not null default 0,
    floor           bigint not null default 0,
    last_sequence   bigint not null default 0,
    open            boolean not null default true,
    opened_on       date not null,
    customer_id     bigint,
    constraint balance_not_below_floor check (balance >= floor),
    constraint floor_not_positive check (floor <= 0),
    constraint closed_accounts_are_empty check (open or balance = 0)
) with (fillfactor = 80);

-- An entry never changes; the passbook and every statement are views of these rows.
create table ledger.entry (
    account_id      bigint not null,
    sequence        bigint not null,
    operation_id    uuid not null,
    amount          bigint not null,
    balance_after   bigint not null,
    value_date      date not null,
    business_date   date not null,
    booked_at       timestamptz not null,
    primary key (account_id, sequence),
    constraint entry_moves_money check (amount <> 0)
);

-- Entries of the bank's own accounts carry no balance, so that no hot row is ever locked.
create table ledger.bank_entry (
    operation_id    uuid not null,
    account_id      bigint not null,
    amount          bigint not null,
    business_date   date not null,
    booked_at       timestamptz not null,
    primary key (operation_id, account_id),
    constraint bank_entry_moves_money check (amount <> 0)
);

-- Balances of the bank's own accounts, folded from bank_entry up to a business date.
create table ledger.bank_balance (
    account_id      bigint not null,
    business_date   date not null,
    balance         bigint not null,
    primary key (account_id, business_date)
);

-- What is needed to cancel an operation of its business date (取消情報管理テーブル).
create table ledger.reversal_log (
    operation_id    uuid primary key,
    product         text not null,
    business_date   date not null,
    account_ids     bigint[] not null,
    amounts         bigint[] not null,
    reversed_by     uuid
);

-- The meter of the log's declared capacity: rows leased to compartments and jobs, and rows used by
-- those that take them one by one. The primary key is the product's log of one business date.
create table ledger.reversal_meter (
    product         text not null,
    business_date   date not null,
    capacity        bigint not null,
    taken           bigint not null default 0,
    primary key (product, business_date),
    constraint taken_within_capacity check (taken between 0 and capacity)
);

-- Who holds how many of the rows taken and has used how many of them, so that a dead holder's
-- unused rows can be given back without counting its log.
create table ledger.reversal_lease (
    product         text not null,
    business_date   date not null,
    holder          text not null,
    leased          bigint not null check (leased >= 0),
    used            bigint not null default 0 check (used >= 0),
    primary key (product, business_date, holder)
) with (fillfactor = 50);

create table ledger.business_day (
    only_row        boolean primary key default true check (only_row),
    business_date   date not null
);

-- The database's half of a pair check: an unbalanced batch, or a balance that found no account,
-- ends the transaction. Python asserts the same before it writes.
create function ledger.prove_batch(total numeric, updated bigint, expected bigint)
returns void language plpgsql as $$
begin
    if total <> 0 then
        raise exception 'the batch is out of balance by %', total using errcode = '23TB1';
    end if;
    if updated <> expected then
        raise exception '% balances written, % expected', updated, expected
            using errcode = '23TB2';
    end if;
end $$;

grant usage on schema ledger to tanada_compartment, tanada_batch, tanada_console, tanada_gateway;
grant select, insert, update on ledger.account to tanada_compartment, tanada_batch;
grant select, insert on ledger.entry, ledger.bank_entry to tanada_compartment, tanada_batch;
grant select, insert, update on ledger.reversal_log, ledger.reversal_meter,
    ledger.reversal_lease
    to tanada_compartment, tanada_batch;
grant select on ledger.business_day to tanada_compartment;
grant select, update on ledger.business_day to tanada_batch;
grant select, insert, update on ledger.bank_balance to tanada_batch;
grant select on all tables in schema ledger to tanada_console;
