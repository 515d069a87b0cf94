-- Jobs of the batch: what was submitted, what the pre-flight said, and how far each is.
create schema batch;

-- The verdict is the pre-flight's sentence; the reason says why a job was refused or stopped.
create table batch.job (
    job_id          bigint generated always as identity primary key,
    kind            text not null,
    product         text not null,
    business_date   date not null,
    state           text not null
        check (state in ('submitted', 'refused', 'running', 'paused', 'failed', 'finished')),
    planned         bigint not null check (planned >= 0),
    file_digest     bytea,
    verdict         text not null,
    reason          text not null default '',
    submitted_by    text not null,
    submitted_at    timestamptz not null,
    started_at      timestamptz,
    ended_at        timestamptz
);
create index job_by_date on batch.job (business_date, product);
-- The database's half of "the same file never posts twice".
create unique index one_job_a_file on batch.job (file_digest) where state <> 'refused';

-- How far a job is: items by outcome code up to and including a position, one transaction with
-- the items themselves. A position is an account or a line, whatever the job counts in.
create table batch.checkpoint (
    job_id          bigint not null references batch.job,
    position        bigint not null,
    code            text not null,
    items           bigint not null check (items > 0),
    primary key (job_id, position, code)
);

-- The lines of posting files, so that a job can go on without the file.
create table batch.posting_line (
    job_id          bigint not null references batch.job,
    line            integer not null,
    account_id      bigint not null,
    amount          bigint not null check (amount > 0),
    description     text not null,
    primary key (job_id, line)
);

grant usage on schema batch to tanada_batch, tanada_console;
grant select, insert, update on batch.job, batch.checkpoint to tanada_batch;
grant select, insert on batch.posting_line to tanada_batch;
grant select on batch.job, batch.checkpoint to tanada_console;
