-- Time deposits: one contract a ledger account, and the posted rates.
create schema time_deposits;

-- rate is in 0.001 % a year.
create table time_deposits.contract (
    account_id          bigint primary key,
    ordinary_account    bigint not null,
    term_months         smallint not null check (term_months > 0),
    rate                integer not null check (rate >= 0),
    opened_on           date not null,
    started_on          date not null,
    matures_on          date not null,
    auto_renew          boolean not null default true,
    e_account           boolean not null default false,
    renewals            integer not null default 0,
    cancelled           boolean not null default false,
    constraint matures_after_start check (matures_on > started_on)
) with (fillfactor = 80);
create index contract_by_maturity on time_deposits.contract (matures_on, account_id);

-- The last item number used in each ordinary account's time-deposit book.
create table time_deposits.book (
    ordinary_account    bigint primary key,
    last_item           smallint not null check (last_item between 0 and 999)
) with (fillfactor = 80);

create table time_deposits.posted_rate (
    term_months         smallint not null,
    valid_from          date not null,
    rate                integer not null check (rate >= 0),
    primary key (term_months, valid_from)
);
insert into time_deposits.posted_rate (term_months, valid_from, rate)
select term, date '2016-03-01', 2
from unnest(array[1, 3, 6, 12, 24, 36, 48, 60, 84, 120]::smallint[]) as term;

grant usage on schema time_deposits to tanada_compartment, tanada_batch, tanada_console;
grant select, insert, update on time_deposits.contract, time_deposits.book
    to tanada_compartment, tanada_batch;
grant select on time_deposits.posted_rate to tanada_compartment, tanada_batch;
grant select on all tables in schema time_deposits to tanada_console;
