//! All results for one message, and the Authentication-Results field (RFC 8601).
