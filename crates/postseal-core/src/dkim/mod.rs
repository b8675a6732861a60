//! DomainKeys Identified Mail signatures (RFC 6376, 8301, 8463, 8616).
