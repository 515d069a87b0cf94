-- Queries of the watch database, and the one look that it takes at the facts of the core.

-- write_attempts --
-- Keep attempts and count them by the minute; one that is kept already is neither kept nor counted.
with fresh as (
    insert into watch.attempt
        (attempt_id, at, answered_at, channel, origin, operation, product, account_id, amount, key,
         kind, code, error_class, media, custody)
    select a.attempt_id, timestamptz 'epoch' + a.at * interval '1 microsecond',
           timestamptz 'epoch' + a.answered_at * interval '1 microsecond', a.channel, a.origin,
           a.operation, a.product, a.account_id, a.amount, a.key, a.kind, a.code, a.error_class,
           a.media, a.custody
    from unnest(%(attempt_id)s::bigint[], %(at)s::bigint[], %(answered_at)s::bigint[],
                %(channel)s::text[], %(origin)s::text[], %(operation)s::text[],
                %(product)s::text[], %(account)s::bigint[], %(amount)s::bigint[], %(key)s::text[],
                %(kind)s::text[], %(code)s::text[], %(error_class)s::text[], %(media)s::text[],
                %(custody)s::text[])
         as a (attempt_id, at, answered_at, channel, origin, operation, product, account_id,
               amount, key, kind, code, error_class, media, custody)
    on conflict do nothing
    returning at, product, channel, kind, code
)
insert into watch.attempt_minute as m
    (minute, product, channel, kind, code, attempts, first_at, last_at)
select date_trunc('minute', at) as minute, product, channel, kind, code, count(*), min(at), max(at)
from fresh
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5
on conflict (minute, product, channel, kind, code) do update
set attempts = m.attempts + excluded.attempts,
    first_at = least(m.first_at, excluded.first_at),
    last_at = greatest(m.last_at, excluded.last_at)

-- settle_attempts --
-- Write down the outcomes of attempts that were unknown; what is settled stays as it is.
update watch.unsettled_attempt u
set settled_kind = s.kind, settled_code = s.code,
    settled_at = timestamptz 'epoch' + s.at * interval '1 microsecond'
from unnest(%(keys)s::text[], %(kinds)s::text[], %(codes)s::text[], %(at)s::bigint[])
     as s (key, kind, code, at)
where u.key = s.key

-- unsettled_attempts --
-- Attempts of a channel whose outcome nobody knows yet, oldest first.
select attempt_id, (extract(epoch from at) * 1000000)::bigint,
       (extract(epoch from answered_at) * 1000000)::bigint, channel, origin, operation, product,
       account_id, amount, key, kind, code, error_class, media, custody
from watch.unsettled_attempt
where channel = %s
order by attempt_id
limit %s

-- raise_alarms --
-- Raise alarms that stand for themselves.
insert into watch.alarm (at, raised_at, component, kind, severity, detail, last_at)
select a.at, a.raised_at, a.component, a.kind, a.severity, a.detail, a.at
from unnest(%(at)s::timestamptz[], %(raised_at)s::timestamptz[], %(components)s::text[],
            %(kinds)s::text[], %(severities)s::text[], %(details)s::text[])
     as a (at, raised_at, component, kind, severity, detail)

-- fold_alarms --
-- Add occurrences to the alarm of their component, kind and window, which the first one raises.
insert into watch.alarm as held
    (at, raised_at, component, kind, severity, detail, occurrences, last_at, fold_window)
select a.at, %(raised_at)s, a.component, a.kind, a.severity, a.detail, a.occurrences, a.last_at,
       a.fold_window
from unnest(%(at)s::timestamptz[], %(components)s::text[], %(kinds)s::text[],
            %(severities)s::text[], %(details)s::text[], %(occurrences)s::bigint[],
            %(last_at)s::timestamptz[], %(windows)s::timestamptz[])
     as a (at, component, kind, severity, detail, occurrences, last_at, fold_window)
on conflict (component, kind, fold_window) where fold_window is not null do update
set occurrences = held.occurrences + excluded.occurrences,
    at = least(held.at, excluded.at), last_at = greatest(held.last_at, excluded.last_at)

-- alarms_from_attempts --
-- Alarms of customers whom the bank failed, one for each service, sort of failure and minute.
with failure as (
    select minute, product || '/' || channel as component, code, attempts, first_at, last_at,
           case when code = 'double_error' then 'double_errors'
                when kind = 'unknown' then 'attempts_unknown' else 'attempts_failed' end as kind
    from watch.attempt_minute
    where minute >= %(since)s and kind in ('failed', 'unknown')
)
insert into watch.alarm as held
    (at, raised_at, component, kind, severity, detail, occurrences, last_at, fold_window)
select min(f.first_at), %(raised_at)s, f.component, f.kind, s.severity,
       string_agg(f.code || ' ' || f.attempts, ', ' order by f.attempts desc, f.code),
       sum(f.attempts), max(f.last_at), f.minute
from failure f
join unnest(%(kinds)s::text[], %(severities)s::text[]) as s (kind, severity) on s.kind = f.kind
group by f.minute, f.component, f.kind, s.severity
order by f.minute, f.component, f.kind
on conflict (component, kind, fold_window) where fold_window is not null do update
set occurrences = excluded.occurrences, detail = excluded.detail, last_at = excluded.last_at
where held.occurrences <> excluded.occurrences

-- read_cursor --
-- How far a source of facts has been read, and which numbers were skipped.
select last_fact, missing from watch.cursor where source = %s

-- move_cursor --
-- Remember how far a source of facts has been read.
insert into watch.cursor (source, last_fact, missing) values (%s, %s, %s::bigint[])
on conflict (source) do update set last_fact = excluded.last_fact, missing = excluded.missing

-- facts_by_id --
-- Facts of the core whose numbers were skipped when they were first asked for.
select fact_id, at, component, kind, detail
from operations.fact
where fact_id = any(%s::bigint[])
order by fact_id

-- recent_alarms --
-- The newest alarms, newest first.
select alarm_id, at, raised_at, component, kind, severity, detail, occurrences, last_at,
       coalesce(acknowledged_by, '')
from watch.alarm
order by raised_at desc, alarm_id desc
limit %s

-- first_alarm --
-- The first alarm of a kind, of any component or of one.
select alarm_id, at, raised_at, component, kind, severity, detail, occurrences, last_at,
       coalesce(acknowledged_by, '')
from watch.alarm
where kind = %(kind)s and (%(component)s = '' or component = %(component)s)
order by raised_at, alarm_id
limit 1

-- attempts_by_minute --
-- Attempts of each minute by outcome.
select minute, kind, sum(attempts)::bigint
from watch.attempt_minute
where minute >= %s
group by minute, kind
order by minute, kind

-- outcomes_by_service --
-- Attempts by product, channel and outcome.
select product, channel, kind, sum(attempts)::bigint
from watch.attempt_minute
where minute >= %s
group by product, channel, kind
order by product, channel, kind

-- who_was_hurt --
-- Customers whom the bank failed, by product and channel; refused is for a reason of the bank's.
select product, channel,
       count(*) filter (where kind = 'failed'),
       count(*) filter (where kind = 'unknown' and settled_kind is null),
       count(*) filter (where kind = 'unknown' and settled_kind is not null),
       count(*) filter (where kind = 'declined'),
       count(distinct account_id) filter (where account_id <> 0),
       min(at), max(at)
from watch.attempt
where at >= %(since)s and kind <> 'accepted'
  and (kind in ('failed', 'unknown') or code = any(%(bank_reasons)s::text[]))
group by product, channel
order by product, channel

-- media_kept --
-- Attempts after which a machine was told to keep something; of those not accepted, by the index.
select count(*)
from watch.attempt
where at >= %s and kind <> 'accepted' and custody like '%%=retain%%'
