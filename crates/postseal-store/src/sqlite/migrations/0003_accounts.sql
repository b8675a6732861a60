-- Who is let in over the network: accounts of people with their sessions, and API tokens of programs. No secret is
-- here in clear: passwords are argon2id hashes; session, token and set-up link secrets are random, and kept as SHA-256.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('administrator')),
    password TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    password_at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER account_for_ever BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'names are for ever'); END;

CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    made_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of ON session (account_id);

-- The audit log calls a token by its name, so a row stays when its token is removed.
CREATE TABLE api_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    hash BLOB UNIQUE,
    scope TEXT NOT NULL CHECK (scope IN ('read-organisation', 'change-organisation', 'operate')),
    organisation_id INTEGER REFERENCES organisation (id),
    made_by TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    removed_at INTEGER,
    CHECK ((hash IS NULL) = (removed_at IS NOT NULL)),
    CHECK (scope <> 'operate' OR organisation_id IS NULL)
) STRICT;
CREATE TRIGGER api_token_for_ever BEFORE DELETE ON api_token BEGIN SELECT RAISE(ABORT, 'names are for ever'); END;

-- One at a time: a new link ends the one before.
CREATE TABLE setup_link (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
