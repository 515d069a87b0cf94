-- Group roles of the whole cluster: nobody logs in as one of them. The login that runs the bank is
-- a member of each, and its processes act as one from their first statement on. What each group may
-- do is granted by the migrations of the package that owns the table.
DO $$
DECLARE
    wanted text;
    -- Since version 16, who creates a role may grant it, but is no member that could act as it.
    acting constant text := CASE
        WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET'
    END;
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
        IF NOT pg_has_role(current_user, wanted, acting) THEN
            EXECUTE format('GRANT %I TO current_user', wanted);
        END IF;
    END LOOP;
    EXECUTE format(
        'GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO tanada_owner', current_database()
    );
    GRANT CREATE, USAGE ON SCHEMA public TO tanada_owner;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE insufficient_privilege USING
        MESSAGE = format('%s may not set up the roles of the bank (%s)', current_user, SQLERRM),
        HINT = 'use a login with CREATEROLE that owns the databases, or one that was granted each';
END
$$;
