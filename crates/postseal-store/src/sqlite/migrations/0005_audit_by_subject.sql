-- The history of one domain, the newest rows first.
CREATE INDEX audit_by_subject ON audit (subject, organisation, seq);
