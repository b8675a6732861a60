-- What a node shows of judged mail: verdicts are found by what they are, and counted as they come and go, so that no
-- question reads all of them.

ALTER TABLE verdict ADD COLUMN spf_aligned INTEGER CHECK (spf_aligned IN (0, 1));
ALTER TABLE verdict ADD COLUMN dkim_aligned INTEGER CHECK (dkim_aligned IN (0, 1));
-- Whether a policy would apply to it, whichever there is: 'unknown' where the DNS left it open, or nobody wrote it down.
ALTER TABLE verdict ADD COLUMN authentic TEXT NOT NULL DEFAULT 'unknown' CHECK (authentic IN ('pass', 'fail', 'unknown'));
UPDATE verdict SET authentic = dmarc WHERE dmarc IN ('pass', 'fail');

DROP INDEX verdict_failed;
CREATE INDEX verdict_not_pass ON verdict (dmarc) WHERE dmarc <> 'pass';
CREATE INDEX verdict_author_not_pass ON verdict (author_domain, dmarc) WHERE dmarc <> 'pass';
CREATE INDEX verdict_not_delivered ON verdict (action) WHERE action <> 'deliver';

-- Verdicts of an Author Domain and a day (UTC); of the empty name: of all messages.
CREATE TABLE verdict_day (
    author_domain TEXT NOT NULL,
    day INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    without_policy INTEGER NOT NULL,
    undecided INTEGER NOT NULL,
    unreadable INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    tagged INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    deferred INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    authentic INTEGER NOT NULL,
    not_authentic INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (author_domain, day)
) STRICT, WITHOUT ROWID;

-- Verdicts of an Author Domain and a client; of the empty client: of those that nobody knows.
CREATE TABLE verdict_source (
    author_domain TEXT NOT NULL,
    client TEXT NOT NULL,
    authentic INTEGER NOT NULL,
    not_authentic INTEGER NOT NULL,
    spf_aligned INTEGER NOT NULL,
    dkim_aligned INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    PRIMARY KEY (author_domain, client)
) STRICT, WITHOUT ROWID;
CREATE INDEX verdict_source_order ON verdict_source (author_domain, not_authentic DESC, messages DESC);

INSERT INTO verdict_day
SELECT author_domain, at / 86400, sum(dmarc = 'pass'), sum(dmarc = 'fail'), sum(dmarc = 'none'), sum(dmarc = 'temperror'),
    sum(dmarc = 'permerror'), sum(action = 'deliver'), sum(action = 'tag'), sum(action = 'quarantine'),
    sum(action = 'defer'), sum(action = 'reject'), sum(authentic = 'pass'), sum(authentic = 'fail'), count(*)
FROM verdict WHERE author_domain <> '' GROUP BY author_domain, at / 86400;
-- Then those of all messages.
INSERT INTO verdict_day
SELECT '', at / 86400, sum(dmarc = 'pass'), sum(dmarc = 'fail'), sum(dmarc = 'none'), sum(dmarc = 'temperror'),
    sum(dmarc = 'permerror'), sum(action = 'deliver'), sum(action = 'tag'), sum(action = 'quarantine'),
    sum(action = 'defer'), sum(action = 'reject'), sum(authentic = 'pass'), sum(authentic = 'fail'), count(*)
FROM verdict GROUP BY at / 86400;

INSERT INTO verdict_source
SELECT author_domain, coalesce(client, ''), sum(authentic = 'pass'), sum(authentic = 'fail'), 0, 0, count(*), max(at)
FROM verdict WHERE author_domain IS NOT NULL GROUP BY author_domain, coalesce(client, '');

CREATE TRIGGER verdict_comes AFTER INSERT ON verdict BEGIN
    INSERT INTO verdict_day
    SELECT column1, NEW.at / 86400, NEW.dmarc = 'pass', NEW.dmarc = 'fail', NEW.dmarc = 'none', NEW.dmarc = 'temperror',
        NEW.dmarc = 'permerror', NEW.action = 'deliver', NEW.action = 'tag', NEW.action = 'quarantine',
        NEW.action = 'defer', NEW.action = 'reject', NEW.authentic = 'pass', NEW.authentic = 'fail', 1
    FROM (VALUES (''), (NEW.author_domain)) WHERE column1 IS NOT NULL
    ON CONFLICT (author_domain, day) DO UPDATE SET passed = passed + excluded.passed, failed = failed + excluded.failed,
        without_policy = without_policy + excluded.without_policy, undecided = undecided + excluded.undecided,
        unreadable = unreadable + excluded.unreadable, delivered = delivered + excluded.delivered,
        tagged = tagged + excluded.tagged, quarantined = quarantined + excluded.quarantined,
        deferred = deferred + excluded.deferred, rejected = rejected + excluded.rejected,
        authentic = authentic + excluded.authentic, not_authentic = not_authentic + excluded.not_authentic,
        messages = messages + 1;
    INSERT INTO verdict_source
    SELECT NEW.author_domain, coalesce(NEW.client, ''), NEW.authentic = 'pass', NEW.authentic = 'fail',
        coalesce(NEW.spf_aligned, 0), coalesce(NEW.dkim_aligned, 0), 1, NEW.at
    WHERE NEW.author_domain IS NOT NULL
    ON CONFLICT (author_domain, client) DO UPDATE SET authentic = authentic + excluded.authentic,
        not_authentic = not_authentic + excluded.not_authentic, spf_aligned = spf_aligned + excluded.spf_aligned,
        dkim_aligned = dkim_aligned + excluded.dkim_aligned, messages = messages + 1, newest = max(newest, excluded.newest);
END;

CREATE TRIGGER verdict_goes AFTER DELETE ON verdict BEGIN
    UPDATE verdict_day SET passed = passed - (OLD.dmarc = 'pass'), failed = failed - (OLD.dmarc = 'fail'),
        without_policy = without_policy - (OLD.dmarc = 'none'), undecided = undecided - (OLD.dmarc = 'temperror'),
        unreadable = unreadable - (OLD.dmarc = 'permerror'), delivered = delivered - (OLD.action = 'deliver'),
        tagged = tagged - (OLD.action = 'tag'), quarantined = quarantined - (OLD.action = 'quarantine'),
        deferred = deferred - (OLD.action = 'defer'), rejected = rejected - (OLD.action = 'reject'),
        authentic = authentic - (OLD.authentic = 'pass'), not_authentic = not_authentic - (OLD.authentic = 'fail'),
        messages = messages - 1
    WHERE author_domain IN ('', OLD.author_domain) AND day = OLD.at / 86400;
    DELETE FROM verdict_day
    WHERE author_domain IN ('', OLD.author_domain) AND day = OLD.at / 86400 AND messages = 0;
    UPDATE verdict_source SET authentic = authentic - (OLD.authentic = 'pass'),
        not_authentic = not_authentic - (OLD.authentic = 'fail'), spf_aligned = spf_aligned - coalesce(OLD.spf_aligned, 0),
        dkim_aligned = dkim_aligned - coalesce(OLD.dkim_aligned, 0), messages = messages - 1
    WHERE author_domain = OLD.author_domain AND client = coalesce(OLD.client, '');
    DELETE FROM verdict_source
    WHERE author_domain = OLD.author_domain AND client = coalesce(OLD.client, '') AND messages = 0;
END;
CREATE TRIGGER verdict_stays BEFORE UPDATE ON verdict BEGIN SELECT RAISE(ABORT, 'a verdict is not changed'); END;

-- What the receiver has changed of its settings in the file; a key that is not here is as the file has it.
CREATE TABLE receiver_setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is accepted although DMARC fails: an Author Domain, from a network or from who authenticates as a domain.
CREATE TABLE allowed_pair (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    author_domain TEXT NOT NULL,
    subdomains INTEGER NOT NULL CHECK (subdomains IN (0, 1)),
    client TEXT,
    authenticated TEXT,
    until INTEGER,
    note TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    CHECK ((client IS NULL) <> (authenticated IS NULL))
) STRICT;
CREATE UNIQUE INDEX allowed_pair_once ON allowed_pair (author_domain, coalesce(client, ''), coalesce(authenticated, ''));

-- The revision at which the receiver's settings, its pairs or a trusted sealer changed last.
CREATE TABLE receiver_revision (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO receiver_revision (id, revision) SELECT 1, coalesce(max(revision), 0) FROM revision;
