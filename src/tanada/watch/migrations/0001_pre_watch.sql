-- What was tried and what came of it, in a database of its own: it is needed most while the core is
-- down. Attempts are recorded by the gateways; alarms are raised by the watcher.
create schema watch;

-- One row for each attempt of a customer, whatever came of it. An attempt that ended as unknown
-- is settled later, once only, by whoever learnt the outcome.
create table watch.attempt (
    attempt_id      bigint primary key,
    at              timestamptz not null,
    answered_at     timestamptz not null,
    channel         text not null,
    origin          text not null,
    operation       text not null,
    product         text not null,
    account_id      bigint not null,
    amount          bigint not null,
    key             text not null,
    kind            text not null check (kind in ('accepted', 'declined', 'failed', 'unknown')),
    code            text not null,
    error_class     text not null,
    media           text not null,
    custody         text not null,
    settled_kind    text check (settled_kind in ('accepted', 'declined', 'failed')),
    settled_code    text,
    settled_at      timestamptz,
    constraint only_unknown_is_settled check (settled_kind is null or kind = 'unknown')
);
create index attempt_by_time on watch.attempt (at);
create index attempt_not_accepted on watch.attempt (at) where kind <> 'accepted';
create index attempt_unsettled on watch.attempt (key)
    where kind = 'unknown' and settled_kind is null;

-- All that a gateway may see of attempts, and the only rows that it may change.
create view watch.unsettled_attempt as
select attempt_id, at, answered_at, channel, origin, operation, product, account_id, amount, key,
       kind, code, error_class, media, custody, settled_kind, settled_code, settled_at
from watch.attempt
where kind = 'unknown' and settled_kind is null;

-- Attempts of a minute by outcome, kept as they come in, so that a page or an alarm never has to
-- count millions of rows. A settlement does not change it: it says what customers were told.
create table watch.attempt_minute (
    minute          timestamptz not null,
    product         text not null,
    channel         text not null,
    kind            text not null,
    code            text not null,
    attempts        bigint not null check (attempts > 0),
    first_at        timestamptz not null,
    last_at         timestamptz not null,
    primary key (minute, product, channel, kind, code)
) with (fillfactor = 50);

-- What people were told. An alarm with a window stands for `occurrences` events of its component
-- and kind in that window; one without a window stands for itself alone.
create table watch.alarm (
    alarm_id        bigint generated always as identity primary key,
    at              timestamptz not null,
    raised_at       timestamptz not null,
    component       text not null,
    kind            text not null,
    severity        text not null check (severity in ('critical', 'warning', 'notice')),
    detail          text not null,
    occurrences     bigint not null default 1 check (occurrences > 0),
    last_at         timestamptz not null,
    fold_window     timestamptz,
    acknowledged_by text,
    acknowledged_at timestamptz
);
create unique index alarm_folded on watch.alarm (component, kind, fold_window)
    where fold_window is not null;
create index alarm_by_time on watch.alarm (raised_at);
create index alarm_by_kind on watch.alarm (kind, raised_at);

-- How far a stream of facts has been read. Ids are given before the commit, so a number may be
-- skipped and still appear: those are remembered and asked for again.
create table watch.cursor (
    source          text primary key,
    last_fact       bigint not null,
    missing         bigint[] not null
);

grant usage on schema watch to tanada_gateway, tanada_watch, tanada_console;
grant insert on watch.attempt, watch.alarm to tanada_gateway;
grant select (at, product, channel, kind, code) on watch.attempt to tanada_gateway;
grant select, update (settled_kind, settled_code, settled_at) on watch.unsettled_attempt
    to tanada_gateway;
grant select, insert, update on watch.attempt_minute to tanada_gateway;
grant select, insert, update, delete on all tables in schema watch to tanada_watch;
grant select on all tables in schema watch to tanada_console;
