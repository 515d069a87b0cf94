-- Queries of the batch: jobs, their checkpoints and the lines of posting files.

-- lock_submissions --
-- One submission at a time: two that fit alone may not fit together. Held until the commit.
select pg_advisory_xact_lock(hashtext('tanada.batch.submissions'))

-- insert_job --
-- Record a job that was submitted, or refused by the pre-flight.
insert into batch.job (kind, product, business_date, state, planned, file_digest, verdict, reason,
                       submitted_by, submitted_at)
values (%(kind)s, %(product)s, %(business_date)s, %(state)s, %(planned)s, %(file_digest)s,
        %(verdict)s, %(reason)s, %(submitted_by)s, %(submitted_at)s)
returning job_id

-- find_job_of_file --
-- The job that the same file was submitted as before.
select job_id from batch.job where file_digest = %s and state <> 'refused'

-- copy_posting_lines --
-- The lines of a posting file, with the job that they belong to.
copy batch.posting_line (job_id, line, account_id, amount, description) from stdin

-- posting_lines --
-- The lines of a job after one that is known, in order.
select line, account_id, amount
from batch.posting_line
where job_id = %(job_id)s and line > %(after)s
order by line
limit %(count)s

-- find_job --
-- One job, with the items done and how far it is.
select j.job_id, j.kind, j.product, j.business_date, j.state, j.planned, j.verdict, j.reason,
       j.submitted_by, j.submitted_at, j.started_at, j.ended_at,
       coalesce(c.done, 0)::bigint, coalesce(c.position, 0)
from batch.job j
left join lateral (
    select sum(items) as done, max(position) as position
    from batch.checkpoint where job_id = j.job_id
) as c on true
where j.job_id = %s

-- list_jobs --
-- The newest jobs, with the items done and how far each is.
select j.job_id, j.kind, j.product, j.business_date, j.state, j.planned, j.verdict, j.reason,
       j.submitted_by, j.submitted_at, j.started_at, j.ended_at,
       coalesce(c.done, 0)::bigint, coalesce(c.position, 0)
from batch.job j
left join lateral (
    select sum(items) as done, max(position) as position
    from batch.checkpoint where job_id = j.job_id
) as c on true
order by j.job_id desc
limit %s

-- open_jobs --
-- Jobs of a product that were let in and are not at their end, with the items still to do.
select j.kind, j.planned - coalesce(sum(c.items), 0)::bigint
from batch.job j
left join batch.checkpoint c using (job_id)
where j.product = %s and j.state in ('submitted', 'running', 'paused') and j.business_date <= %s
group by j.job_id
order by j.job_id

-- count_open_jobs --
-- How many jobs were let in and are not at their end.
select count(*) from batch.job where state in ('submitted', 'running', 'paused')

-- claim_job --
-- Keep a job for this session until it ends: no job has two runners.
select pg_try_advisory_lock(hashtext('tanada.batch.job'), %s::integer)

-- move_job --
-- Move a job to a state that may follow its present one.
update batch.job
set state = %(state)s, reason = %(reason)s,
    started_at = case when %(state)s = 'running' then coalesce(started_at, %(at)s)
                      else started_at end,
    ended_at = case when %(state)s in ('failed', 'finished') then %(at)s else ended_at end
where job_id = %(job_id)s and state = any(%(allowed)s)

-- write_checkpoint --
-- How far a job is, by outcome; the same position written again says the same again.
insert into batch.checkpoint (job_id, position, code, items)
select %s, %s, c.code, c.items
from unnest(%s::text[], %s::bigint[]) as c (code, items)
on conflict (job_id, position, code) do update set items = excluded.items

-- outcome_counts --
-- Items of a job by outcome code.
select code, sum(items)::bigint
from batch.checkpoint
where job_id = %s
group by code
order by code
