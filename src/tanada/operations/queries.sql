-- Queries of the operations: the idempotency table and the facts.

-- plan_by_key --
-- Plan each statement once, and for rows found by key: a plan that was made while a table was small
-- would otherwise read the whole of it when it has grown.
select set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false),
       set_config('enable_hashjoin', 'off', false),
       set_config('enable_mergejoin', 'off', false)

-- find_operations --
-- Outcomes stored before for the keys of a batch, and whether they were cancelled since.
select operation_id, o.fingerprint, o.kind, o.code, o.result, o.command, r.reversed_by is not null
from operations.operation o
left join ledger.reversal_log r using (operation_id)
where operation_id = any(%s::uuid[])

-- write_operations --
-- Store the outcomes of a batch with the money that they moved.
insert into operations.operation
    (operation_id, key, fingerprint, command, product, channel, origin, account_id, amount, kind,
     code, result, compartment, made_at, decided_at, business_date)
select o.operation_id, o.key, o.fingerprint, o.command, o.product, o.channel, o.origin,
       o.account_id, o.amount, o.kind, o.code, o.result, %(compartment)s,
       timestamptz 'epoch' + o.made_at * interval '1 microsecond', %(decided_at)s,
       %(business_date)s
from unnest(%(ids)s::uuid[], %(keys)s::text[], %(fingerprints)s::bytea[], %(commands)s::text[],
            %(products)s::text[], %(channels)s::text[], %(origins)s::text[],
            %(accounts)s::bigint[], %(amounts)s::bigint[], %(kinds)s::text[], %(codes)s::text[],
            %(results)s::bytea[], %(made_at)s::bigint[])
     as o (operation_id, key, fingerprint, command, product, channel, origin, account_id, amount,
           kind, code, result, made_at)

-- write_fact --
-- Record a fact that people must hear of.
insert into operations.fact (at, component, kind, detail)
values (%s, %s, %s, %s)

-- facts_since --
-- Facts that were recorded after one that is known, in order.
select fact_id, at, component, kind, detail
from operations.fact
where fact_id > %s
order by fact_id
limit 1000

-- outcome_counts --
-- How many operations of a business date ended how, by product and channel.
select product, channel, kind, code, count(*)
from operations.operation
where business_date = %s
group by product, channel, kind, code
order by product, channel, kind, code

-- suspended_services --
-- Services that a switch has suspended; read by every gateway every few seconds.
select product, channel, reason from controls.switch order by product, channel

-- suspend_service --
-- Suspend a service by rule; a switch that is set already keeps its reason.
insert into controls.switch (product, channel, reason, set_by, set_at)
values (%s, %s, %s, %s, %s)
on conflict (product, channel) do nothing
