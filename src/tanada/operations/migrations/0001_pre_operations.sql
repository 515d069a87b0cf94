-- Every operation that was decided, with its outcome: the idempotency table, which seen from the
-- other side is the list of who was affected by what. The id is derived from the key, so that the
-- primary key itself refuses a second effect.
create schema operations;

create table operations.operation (
    operation_id    uuid primary key,
    key             text not null,
    fingerprint     bytea not null,
    command         text not null,
    product         text not null,
    channel         text not null,
    origin          text not null,
    account_id      bigint not null,
    amount          bigint not null,
    kind            text not null check (kind in ('accepted', 'declined', 'failed', 'unknown')),
    code            text not null,
    result          bytea not null,
    compartment     text not null,
    made_at         timestamptz not null,
    decided_at      timestamptz not null,
    business_date   date not null
);

-- Facts that people must hear of: a compartment closed, a log filled, a breaker opened.
create table operations.fact (
    fact_id         bigint generated always as identity primary key,
    at              timestamptz not null,
    component       text not null,
    kind            text not null,
    detail          text not null
);

grant usage on schema operations to tanada_compartment, tanada_batch, tanada_console, tanada_watch;
grant select, insert on operations.operation, operations.fact to tanada_compartment, tanada_batch;
grant select on operations.operation, operations.fact to tanada_console, tanada_watch;
