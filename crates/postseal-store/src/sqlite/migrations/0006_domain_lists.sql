-- Lists of domains: how each domain stands, so that a page is a walk along an index, and how many stand so. What a
-- person has set on a running node.

-- In the order in which somebody has to see to it: 0 enabled, and no key is seen; 1 claimed; 2 with keys that are not
-- seen; 3 seen, and not enabled; 4 without keys; 5 it signs. NULL: removed.
ALTER TABLE domain ADD COLUMN standing INTEGER CHECK (standing BETWEEN 0 AND 5);

CREATE VIEW domain_standing AS
SELECT d.id AS domain_id, CASE
    WHEN d.state = 'claimed' THEN 1
    WHEN d.state = 'removed' THEN NULL
    WHEN c.domain_id IS NULL THEN 4
    WHEN EXISTS (SELECT 1 FROM selector s WHERE s.domain_id = d.id AND s.visible_since IS NOT NULL
        AND s.life <> 'revoked' AND (c.enabled OR s.life = 'signing')) THEN iif(c.enabled, 5, 3)
    ELSE iif(c.enabled, 0, 2) END AS standing
FROM domain d LEFT JOIN signing_configuration c ON c.domain_id = d.id;

UPDATE domain SET standing = (SELECT v.standing FROM domain_standing v WHERE v.domain_id = domain.id);

CREATE INDEX domain_by_name ON domain (organisation_id, name, standing) WHERE standing IS NOT NULL;
CREATE INDEX domain_by_standing ON domain (organisation_id, standing, name) WHERE standing IS NOT NULL;
CREATE INDEX domain_by_age ON domain (organisation_id, token_made_at, name, standing) WHERE standing IS NOT NULL;
-- For who looks through all organisations.
CREATE INDEX domain_of_any ON domain (name, organisation_id, standing) WHERE standing IS NOT NULL;

CREATE TABLE domain_count (
    organisation_id INTEGER NOT NULL REFERENCES organisation (id),
    standing INTEGER NOT NULL,
    domains INTEGER NOT NULL,
    PRIMARY KEY (organisation_id, standing)
) STRICT, WITHOUT ROWID;
INSERT INTO domain_count
SELECT organisation_id, standing, count(*) FROM domain WHERE standing IS NOT NULL GROUP BY organisation_id, standing;

CREATE TRIGGER domain_comes AFTER INSERT ON domain BEGIN
    INSERT INTO domain_count SELECT NEW.organisation_id, NEW.standing, 1 WHERE NEW.standing IS NOT NULL
    ON CONFLICT DO UPDATE SET domains = domains + 1;
    UPDATE domain SET standing = (SELECT v.standing FROM domain_standing v WHERE v.domain_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER domain_goes AFTER DELETE ON domain BEGIN
    UPDATE domain_count SET domains = domains - 1
    WHERE organisation_id = OLD.organisation_id AND standing = OLD.standing;
END;
CREATE TRIGGER domain_is_counted AFTER UPDATE OF standing ON domain WHEN OLD.standing IS NOT NEW.standing BEGIN
    UPDATE domain_count SET domains = domains - 1
    WHERE organisation_id = OLD.organisation_id AND standing = OLD.standing;
    INSERT INTO domain_count SELECT NEW.organisation_id, NEW.standing, 1 WHERE NEW.standing IS NOT NULL
    ON CONFLICT DO UPDATE SET domains = domains + 1;
END;
CREATE TRIGGER domain_stands AFTER UPDATE OF state ON domain BEGIN
    UPDATE domain SET standing = (SELECT v.standing FROM domain_standing v WHERE v.domain_id = NEW.id) WHERE id = NEW.id;
END;
-- A configuration is written with its two selectors, which come last.
CREATE TRIGGER selector_comes AFTER INSERT ON selector
WHEN (SELECT count(*) FROM selector WHERE domain_id = NEW.domain_id) = 2 BEGIN
    UPDATE domain SET standing = v.standing FROM domain_standing v
    WHERE domain.id = NEW.domain_id AND v.domain_id = NEW.domain_id AND domain.standing IS NOT v.standing;
END;
CREATE TRIGGER configuration_goes AFTER DELETE ON signing_configuration BEGIN
    UPDATE domain SET standing = (SELECT v.standing FROM domain_standing v WHERE v.domain_id = OLD.domain_id)
    WHERE id = OLD.domain_id;
END;

-- What a person has set on a running node, in the place of what its file says.
CREATE TABLE node_setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
