-- Parties and their cards.
create schema customers;

create table customers.party (
    customer_id     bigint primary key,
    kind            text not null default 'person' check (kind in ('person', 'company')),
    name_kanji      text not null,
    name_kana       text not null,
    home_branch     smallint not null
);

-- pin_proof is a keyed digest of number and PIN; the key is not in the database.
create table customers.card (
    card_number     bigint primary key,
    account_id      bigint not null,
    customer_id     bigint not null,
    status          text not null default 'active'
        check (status in ('active', 'stopped', 'stolen')),
    pin_proof       bytea not null,
    wrong_pins      smallint not null default 0,
    daily_limit     bigint not null default 500000,
    withdrawn_on    date,
    withdrawn       bigint not null default 0
) with (fillfactor = 80);
create index card_by_account on customers.card (account_id);

grant usage on schema customers to tanada_compartment, tanada_batch, tanada_console, tanada_gateway;
grant select, update on customers.card to tanada_compartment;
grant select on customers.party to tanada_compartment, tanada_batch, tanada_console;
