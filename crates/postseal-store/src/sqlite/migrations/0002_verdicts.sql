-- One row for each judged message, in the order in which they were stored.
CREATE TABLE verdict (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    queue_id TEXT NOT NULL,
    client TEXT,
    mail_from TEXT,
    author_domain TEXT,
    spf_domain TEXT,
    spf TEXT NOT NULL,
    -- A line for each signature: result, domain, selector.
    dkim TEXT NOT NULL,
    arc TEXT NOT NULL,
    dmarc TEXT NOT NULL,
    policy TEXT,
    policy_domain TEXT,
    disposition TEXT,
    -- A line for each reason to do something else than the policy asks for: kind, comment.
    reasons TEXT NOT NULL,
    action TEXT NOT NULL
) STRICT;
CREATE INDEX verdict_at ON verdict (at);
CREATE INDEX verdict_author_domain ON verdict (author_domain);
CREATE INDEX verdict_client ON verdict (client);
CREATE INDEX verdict_queue_id ON verdict (queue_id);
CREATE INDEX verdict_failed ON verdict (id) WHERE dmarc = 'fail';

-- What aggregate reports need: messages with the same row of a report (RFC 9990), by Policy Domain and day (UTC).
-- digest is one of all columns that make the row.
CREATE TABLE report_counter (
    policy_domain TEXT NOT NULL,
    day INTEGER NOT NULL,
    digest BLOB NOT NULL,
    source_ip TEXT NOT NULL,
    discovery_method TEXT NOT NULL,
    p TEXT NOT NULL,
    sp TEXT,
    np TEXT,
    fo TEXT NOT NULL,
    adkim TEXT NOT NULL,
    aspf TEXT NOT NULL,
    testing INTEGER NOT NULL CHECK (testing IN (0, 1)),
    disposition TEXT NOT NULL,
    dkim_aligned INTEGER NOT NULL CHECK (dkim_aligned IN (0, 1)),
    spf_aligned INTEGER NOT NULL CHECK (spf_aligned IN (0, 1)),
    reasons TEXT NOT NULL,
    header_from TEXT NOT NULL,
    envelope_from TEXT,
    dkim TEXT NOT NULL,
    spf_domain TEXT,
    spf TEXT NOT NULL,
    messages INTEGER NOT NULL CHECK (messages > 0),
    PRIMARY KEY (policy_domain, day, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX report_counter_day ON report_counter (day);

-- How far each segment of a spool has come: what lies before is stored, and never again.
CREATE TABLE verdict_segment (
    id BLOB PRIMARY KEY,
    next INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX verdict_segment_at ON verdict_segment (at);
CREATE TRIGGER verdict_segment_rises BEFORE UPDATE ON verdict_segment WHEN NEW.next < OLD.next
BEGIN SELECT RAISE(ABORT, 'a segment never goes back'); END;
