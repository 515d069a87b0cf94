-- create_schema_migration --
-- The list of what was applied, with the seal of each file.
CREATE TABLE IF NOT EXISTS schema_migration (
    package text NOT NULL,
    version text NOT NULL,
    sha256  text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (package, version)
);

-- has_schema_migration --
-- False on a database that was never migrated.
SELECT to_regclass('schema_migration') IS NOT NULL;

-- applied_migrations --
-- All seals of this database.
SELECT package, version, sha256 FROM schema_migration;

-- seal_migration --
-- Recorded in the same transaction as the migration itself.
INSERT INTO schema_migration (package, version, sha256) VALUES (%s, %s, %s);

-- lock_migrations --
-- One runner at a time for each database; 20210228 is only a number that nothing else here locks.
SELECT pg_advisory_lock(20210228);

-- unlock_migrations --
-- Lets the next runner in.
SELECT pg_advisory_unlock(20210228);

-- act_as_owner --
-- Tables shall belong to the group role, whoever runs the migration.
SET LOCAL ROLE tanada_owner;

-- act_as_oneself --
-- The seal is written by the runner, who owns the list.
SET LOCAL ROLE NONE;
