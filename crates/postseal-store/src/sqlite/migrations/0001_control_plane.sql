-- Organisations, domains, hosted names, keys, signing configurations, what was seen of them,
-- the change feed, the serial of the hosting zone and the audit log. Times are UNIX seconds.

CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id TEXT NOT NULL,
    key_check BLOB NOT NULL
) STRICT;

-- Names are for ever: a row is never deleted.
CREATE TABLE organisation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    made_at INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;

CREATE TABLE domain (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'held', 'removed')),
    token TEXT NOT NULL,
    token_made_at INTEGER NOT NULL,
    proven_at INTEGER,
    title TEXT CHECK (title IN ('proven', 'trusted')),
    title_at INTEGER,
    checked_at INTEGER,
    missing_since INTEGER,
    UNIQUE (organisation_id, name),
    CHECK ((state = 'held') = (title IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX domain_holder ON domain (name) WHERE state = 'held';

CREATE TABLE label (
    label TEXT PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id),
    domain TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    UNIQUE (organisation_id, domain)
) STRICT;

-- <selector>-<label>: two pairs may make the same name, and one that was made is never given away.
CREATE TABLE hosted_name (
    name TEXT PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id),
    domain TEXT NOT NULL,
    selector TEXT NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;

CREATE INDEX hosted_name_of ON hosted_name (organisation_id, domain, selector);

CREATE TRIGGER organisation_for_ever BEFORE DELETE ON organisation BEGIN SELECT RAISE(ABORT, 'names are for ever'); END;
CREATE TRIGGER label_for_ever BEFORE DELETE ON label BEGIN SELECT RAISE(ABORT, 'names are for ever'); END;
CREATE TRIGGER label_fixed BEFORE UPDATE ON label BEGIN SELECT RAISE(ABORT, 'names are for ever'); END;
CREATE TRIGGER hosted_name_for_ever BEFORE DELETE ON hosted_name BEGIN SELECT RAISE(ABORT, 'names are for ever'); END;
CREATE TRIGGER hosted_name_fixed BEFORE UPDATE ON hosted_name BEGIN SELECT RAISE(ABORT, 'names are for ever'); END;

-- sealed is NULL where the private key was destroyed.
CREATE TABLE signing_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id INTEGER NOT NULL REFERENCES domain (id),
    selector TEXT NOT NULL,
    bits INTEGER NOT NULL,
    record TEXT NOT NULL,
    sealed BLOB,
    made_at INTEGER NOT NULL,
    destroyed_at INTEGER,
    CHECK ((sealed IS NULL) = (destroyed_at IS NOT NULL))
) STRICT;
CREATE INDEX signing_key_of ON signing_key (domain_id);

CREATE TABLE signing_configuration (
    domain_id INTEGER PRIMARY KEY REFERENCES domain (id),
    admin_display_name TEXT NOT NULL,
    header_canonicalization TEXT NOT NULL CHECK (header_canonicalization IN ('simple', 'relaxed')),
    body_canonicalization TEXT NOT NULL CHECK (body_canonicalization IN ('simple', 'relaxed')),
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    unseen_key TEXT NOT NULL CHECK (unseen_key IN ('sign', 'defer')),
    key_bits INTEGER NOT NULL,
    rotation_began_at INTEGER,
    switched_at INTEGER NOT NULL
) STRICT;

CREATE TABLE selector (
    domain_id INTEGER NOT NULL REFERENCES signing_configuration (domain_id) ON DELETE CASCADE,
    slot INTEGER NOT NULL CHECK (slot IN (1, 2)),
    name TEXT NOT NULL,
    key_id INTEGER NOT NULL UNIQUE REFERENCES signing_key (id),
    life TEXT NOT NULL CHECK (life IN ('standby', 'signing', 'retiring', 'revoked')),
    life_until INTEGER,
    last TEXT,
    last_at INTEGER,
    visible_since INTEGER,
    first_no_at INTEGER,
    lost_since INTEGER,
    PRIMARY KEY (domain_id, slot),
    CHECK ((life IN ('retiring', 'revoked')) = (life_until IS NOT NULL)),
    CHECK ((last IS NULL) = (last_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX selector_signing ON selector (domain_id) WHERE life = 'signing';

-- Hosted names that are no longer those of a selector: the key, then an empty one, then nothing.
CREATE TABLE former_name (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL REFERENCES hosted_name (name),
    record TEXT NOT NULL,
    published_until INTEGER NOT NULL,
    revoked_until INTEGER NOT NULL
) STRICT;

CREATE INDEX former_name_of ON former_name (name);

CREATE TABLE sighting (
    domain_id INTEGER NOT NULL REFERENCES domain (id),
    slot INTEGER NOT NULL CHECK (slot IN (1, 2)),
    server TEXT NOT NULL,
    address TEXT NOT NULL,
    finding TEXT NOT NULL,
    detail TEXT NOT NULL,
    others_may_hold_until INTEGER,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (domain_id, slot, server, address)
) STRICT;

CREATE TABLE trusted_sealer (
    organisation_id INTEGER NOT NULL REFERENCES organisation (id),
    domain TEXT NOT NULL,
    PRIMARY KEY (organisation_id, domain)
) STRICT;

-- The change feed. domain is NULL where everything may have changed.
CREATE TABLE revision (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    domain TEXT
) STRICT;

CREATE TABLE zone_serial (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    serial INTEGER NOT NULL
) STRICT;
INSERT INTO zone_serial (id, serial) VALUES (1, 0);
CREATE TRIGGER zone_serial_rises BEFORE UPDATE ON zone_serial WHEN NEW.serial <= OLD.serial
BEGIN SELECT RAISE(ABORT, 'the serial never goes back'); END;
CREATE TRIGGER zone_serial_stays BEFORE DELETE ON zone_serial
BEGIN SELECT RAISE(ABORT, 'the serial never goes back'); END;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    organisation TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    mac BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_keeps_all BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- Rows only in a backup.
CREATE TABLE backup_note (
    made_at INTEGER NOT NULL,
    note TEXT NOT NULL
) STRICT;
