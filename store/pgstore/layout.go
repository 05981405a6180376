package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// migrations make each layout from the one before; the first makes it from
// nothing. {schema} is the quoted schema, {channel} the channel of its
// notifications as a literal.
//
// turn is a table without rows that only serves as a lock: unlike an advisory
// lock, no other role of the database can hold it. edgeward_store marks the
// schema as ours, and has the single row that all nodes share. The functions
// belong to the layout: a newer one gives them new names while older nodes run.
var migrations = []string{`
	CREATE TABLE {schema}.edgeward_store (
		one    boolean PRIMARY KEY DEFAULT true CHECK (one),
		layout integer NOT NULL,
		epoch  text    NOT NULL DEFAULT '',
		swept  bigint  NOT NULL DEFAULT 0
	);
	INSERT INTO {schema}.edgeward_store (layout) VALUES (1);
	CREATE TABLE {schema}.turn (nothing boolean);
	CREATE SEQUENCE {schema}.version;
	CREATE TABLE {schema}.entry (
		key     text COLLATE "C" PRIMARY KEY,
		version bigint NOT NULL,
		expires timestamptz NOT NULL, -- infinity means never; of a deleted entry, when that was
		value   bytea                 -- NULL: deleted
	) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
	CREATE INDEX entry_version ON {schema}.entry (version);
	CREATE INDEX entry_expires ON {schema}.entry (expires);

	CREATE FUNCTION {schema}.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

	-- Of several changes of one key, each has a turn of its own.
	CREATE FUNCTION {schema}.write(turns integer[], changes integer[], keys text[], olds bigint[], expiries timestamptz[], contents bytea[])
	RETURNS TABLE (place integer, name text, given bigint) LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		moment timestamptz;
	BEGIN
		LOCK TABLE {schema}.turn IN EXCLUSIVE MODE;
		moment := {schema}.now();
		FOR t IN 0 .. (SELECT max(n) FROM unnest(turns) AS n) LOOP
			RETURN QUERY INSERT INTO {schema}.entry AS e (key, version, expires, value)
				SELECT u.key, nextval('{schema}.version'), u.expires, u.content
				FROM unnest(turns, changes, keys, expiries, contents) AS u (turn, change, key, expires, content)
				WHERE u.turn = t AND u.change = 1
				ON CONFLICT (key) DO UPDATE SET version = excluded.version, expires = excluded.expires, value = excluded.value
				WHERE e.value IS NULL OR e.expires <= moment
				RETURNING t, e.key, e.version;
			RETURN QUERY UPDATE {schema}.entry AS e SET version = nextval('{schema}.version'), expires = u.expires, value = u.content
				FROM unnest(turns, changes, keys, olds, expiries, contents) AS u (turn, change, key, old, expires, content)
				WHERE u.turn = t AND u.change = 2 AND e.key = u.key AND e.version = u.old AND e.value IS NOT NULL AND e.expires > moment
				RETURNING t, e.key, e.version;
			RETURN QUERY UPDATE {schema}.entry AS e SET version = nextval('{schema}.version'), expires = moment, value = NULL
				FROM unnest(turns, changes, keys) AS u (turn, change, key)
				WHERE u.turn = t AND u.change = 3 AND e.key = u.key AND e.value IS NOT NULL
				RETURNING t, e.key, e.version;
		END LOOP;
		PERFORM pg_notify({channel}, '');
	END $$;

	CREATE FUNCTION {schema}.sweep(age interval, most integer) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		gone bigint; newest bigint;
	BEGIN
		WITH old AS (
			SELECT version FROM {schema}.entry WHERE expires < (SELECT {schema}.now() - age)
			ORDER BY expires LIMIT most FOR UPDATE SKIP LOCKED
		), swept AS (
			DELETE FROM {schema}.entry USING old WHERE entry.version = old.version RETURNING entry.version
		) SELECT count(*), coalesce(max(version), 0) INTO gone, newest FROM swept;
		IF gone > 0 THEN
			UPDATE {schema}.edgeward_store SET swept = greatest(swept, newest);
		END IF;
		RETURN gone;
	END $$;

	-- Another timeline, or another server: versions that were given out and lost are not given again.
	CREATE FUNCTION {schema}.adopt(mine text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
	DECLARE
		before text;
	BEGIN
		LOCK TABLE {schema}.turn IN EXCLUSIVE MODE;
		SELECT epoch INTO before FROM {schema}.edgeward_store;
		IF before <> mine THEN
			UPDATE {schema}.edgeward_store SET epoch = mine;
			IF before <> '' THEN
				PERFORM setval('{schema}.version', (SELECT last_value FROM {schema}.version) + 4294967296);
			END IF;
		END IF;
		RETURN before;
	END $$;
`}

// statements are what is asked of the layout, with the schema's name in it.
type statements struct {
	channel                                                     string
	write, sweep, epoch, adopt, get, list, head, changes, swept string
}

func newStatements(schema string) statements {
	fill := func(query string) string { return inSchema(query, schema) }
	return statements{
		channel: channel(schema),
		write:   fill(`SELECT place, name, given FROM {schema}.write($1, $2, $3, $4, $5, $6)`),
		sweep:   fill(`SELECT {schema}.sweep($1, $2)`),
		epoch:   fill(`SELECT epoch FROM {schema}.edgeward_store`),
		adopt:   fill(`SELECT {schema}.adopt($1)`),
		get:     fill(`SELECT key, version, expires, value FROM {schema}.entry WHERE key = ANY ($1) AND value IS NOT NULL AND expires > {schema}.now()`),
		list: fill(`SELECT key, version, expires, value FROM {schema}.entry
			WHERE key >= $1 AND key < $2 AND value IS NOT NULL AND expires > {schema}.now() ORDER BY key LIMIT $3`),
		head: fill(`SELECT greatest((SELECT max(version) FROM {schema}.entry), swept) FROM {schema}.edgeward_store`),
		// left() keeps the planner from reading all rows with the prefix and sorting them.
		changes: fill(`SELECT key, version, expires, value FROM {schema}.entry
			WHERE version > $1 AND left(key, length($2)) = $2 ORDER BY version LIMIT $3`),
		swept: fill(`SELECT swept FROM {schema}.edgeward_store`),
	}
}

func inSchema(query, schema string) string {
	return strings.NewReplacer("{schema}", pgx.Identifier{schema}.Sanitize(), "{channel}", "'"+channel(schema)+"'").Replace(query)
}

func channel(schema string) string { return "edgeward." + schema }

// checkSchema keeps to names that need no quoting, so that they can stand in
// literals, and that leave room for the channel's prefix.
func checkSchema(schema string) error {
	for i, c := range []byte(schema) {
		if (c < 'a' || c > 'z') && c != '_' && (i == 0 || c < '0' || c > '9') {
			return fmt.Errorf("schema %q: a name has a to z, 0 to 9 and _", schema)
		}
	}
	if schema == "" || len(schema) > 40 || strings.HasPrefix(schema, "pg_") {
		return fmt.Errorf("schema %q: a name has 1 to 40 letters and does not begin with pg_", schema)
	}
	return nil
}

// prepare sees to it that the schema has the layout that this code knows, and
// leaves every other schema as it is. Of several nodes that begin at once one
// makes it.
func prepare(ctx context.Context, c *pgx.Conn, schema string) error {
	tx, err := c.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }() // after Commit it does nothing
	// There is no table yet whose lock could be taken.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, channel(schema)); err != nil {
		return err
	}
	layout, err := inspectSchema(ctx, tx, schema)
	if err != nil {
		return err
	}
	for _, step := range migrations[layout:] {
		if _, err := tx.Exec(ctx, inSchema(step, schema)); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}

// inspectSchema returns the layout that the schema has, 0 for none.
func inspectSchema(ctx context.Context, tx pgx.Tx, schema string) (layout int, err error) {
	var exists, ours bool
	var relations int
	err = tx.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL, to_regclass($1 || '.edgeward_store') IS NOT NULL,
		(SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace($1))`, schema).Scan(&exists, &ours, &relations)
	switch {
	case err != nil:
		return 0, err
	case !exists:
		return 0, makeSchema(ctx, tx, schema)
	case !ours && relations == 0:
		return 0, nil
	case !ours:
		return 0, fmt.Errorf("%w: schema %s has %d relations, and no table edgeward_store. Name another schema", ErrForeign, schema, relations)
	}
	if err := tx.QueryRow(ctx, inSchema(`SELECT layout FROM {schema}.edgeward_store`, schema)).Scan(&layout); err != nil {
		return 0, err
	}
	if layout > len(migrations) {
		return 0, fmt.Errorf("%w: schema %s has layout %d, this one knows %d", ErrNewer, schema, layout, len(migrations))
	}
	return layout, guarded(ctx, tx, schema)
}

func makeSchema(ctx context.Context, tx pgx.Tx, schema string) error {
	_, err := tx.Exec(ctx, inSchema(`CREATE SCHEMA {schema}`, schema))
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == insufficientPrivilege {
		user := tx.Conn().Config().User
		return fmt.Errorf("user %s may not make schema %s: let an administrator run CREATE SCHEMA %s AUTHORIZATION %s: %w", user, schema, schema, pgx.Identifier{user}.Sanitize(), err)
	}
	return err
}

// guarded refuses tables that a crash empties, and those that every role of
// the database may read or write: they hold what credentials are checked by.
func guarded(ctx context.Context, tx pgx.Tx, schema string) error {
	var unlogged, exposed bool
	err := tx.QueryRow(ctx, inSchema(`SELECT
		(SELECT relpersistence <> 'p' FROM pg_class WHERE oid = '{schema}.entry'::regclass),
		has_table_privilege('public', '{schema}.entry', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')`, schema)).Scan(&unlogged, &exposed)
	switch {
	case err != nil:
		return err
	case unlogged:
		return fmt.Errorf("%w: a crash of the server empties %s.entry: ALTER TABLE %s.entry SET LOGGED", ErrUnsafe, schema, schema)
	case exposed:
		return fmt.Errorf("%w: every role may use %s.entry: REVOKE ALL ON %s.entry FROM PUBLIC", ErrUnsafe, schema, schema)
	}
	return nil
}
