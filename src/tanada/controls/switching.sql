-- suspend --
-- Stop a product on a channel; a later reason replaces an earlier one.
insert into controls.switch (product, channel, reason, set_by, set_at)
values (%(product)s, %(channel)s, %(reason)s, %(actor)s, %(at)s)
on conflict (product, channel) do update
set reason = excluded.reason, set_by = excluded.set_by, set_at = excluded.set_at

-- restore --
-- Let a product work on a channel again.
delete from controls.switch where product = %(product)s and channel = %(channel)s

-- write_audit --
-- Remember who changed what and why.
insert into controls.audit (at, actor, action, detail) values (%s, %s, %s, %s)
