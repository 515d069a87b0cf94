-- Switches that stop a product on a channel; a row exists while the service is suspended.
create schema controls;

create table controls.switch (
    product         text not null,
    channel         text not null,
    reason          text not null,
    set_by          text not null,
    set_at          timestamptz not null,
    primary key (product, channel)
);

-- Who changed what and when; rows are only ever added.
create table controls.audit (
    audit_id        bigint generated always as identity primary key,
    at              timestamptz not null,
    actor           text not null,
    action          text not null,
    detail          text not null
);

grant usage on schema controls to tanada_compartment, tanada_batch, tanada_console;
grant select, insert, update, delete on controls.switch to tanada_compartment, tanada_console;
grant select on controls.switch to tanada_batch;
grant select, insert on controls.audit to tanada_compartment, tanada_batch, tanada_console;
