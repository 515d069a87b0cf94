-- Group roles of the whole cluster: nobody logs in as one of them. A compartment, the batch or a
-- gateway logs in with a name of its own and acts as its group (SET ROLE). What each group may do
-- is granted by the migrations of the package that owns the table.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'tanada_owner',        -- owns every table; used by migrations only
        'tanada_compartment',  -- executes commands: the only writer of money besides the batch
        'tanada_batch',        -- the business day and bulk posting
        'tanada_gateway',      -- reads switches; never sees an account
        'tanada_console',      -- operators' pages
        'tanada_watch'         -- attempts, signals and alarms
    ] LOOP
        IF to_regrole(wanted) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                -- Roles belong to the cluster: the migration of another database was quicker.
                NULL;
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role(current_user, 'tanada_owner', 'MEMBER') THEN
        EXECUTE 'GRANT tanada_owner TO current_user';
    END IF;
    EXECUTE format(
        'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO tanada_owner', current_database()
    );
    GRANT CREATE, USAGE ON SCHEMA public TO tanada_owner;
END
$$;
