use aws_lc_rs::digest::{Context, SHA256};

use super::Canonicalization;
use super::canonicalization::{BodyCanonicalizer, Sink};

/// The body hashes of one message, made while the body streams through.
///
/// Register what is needed before the body, feed the body, finish. DKIM and ARC
/// share one of these: the body is brought into each canonical form once and
/// hashed once for it, however many signatures there are; a body length (`l=`)
/// costs a copy of the running hash and no more.
#[derive(Debug, Default)]
pub struct BodyHashes {
    forms: Vec<Form>,
}

/// The body hashes of one message whose body has ended.
#[derive(Debug)]
pub struct BodyDigests {
    forms: Vec<Form>,
}

/// A body hash, and what it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyHash {
    /// SHA-256 of the canonical body, up to the length asked for.
    pub digest: [u8; 32],
    /// Octets of the canonical body, hashed or not.
    pub body_len: u64,
}

impl BodyHashes {
    /// Nothing is needed yet.
    pub fn new() -> BodyHashes {
        BodyHashes::default()
    }

    /// Asks for the hash of the canonical body, or of its first `length` octets.
    pub fn register(&mut self, form: Canonicalization, length: Option<u64>) {
        let at = self.forms.iter().position(|f| f.form == form).unwrap_or_else(|| {
            self.forms.reserve_exact(1);
            self.forms.push(Form::new(form));
            self.forms.len() - 1
        });
        self.forms[at].hash.register(length);
    }

    /// Takes the next octets of the body, CRLF line ends.
    pub fn update(&mut self, chunk: &[u8]) {
        for Form { canonicalizer, hash, .. } in &mut self.forms {
            canonicalizer.update(chunk, hash);
        }
    }

    /// Ends the body.
    pub fn finish(mut self) -> BodyDigests {
        for Form { canonicalizer, hash, .. } in &mut self.forms {
            canonicalizer.finish(hash);
            hash.finish();
        }
        BodyDigests { forms: self.forms }
    }
}

impl BodyDigests {
    /// The hash that was registered with these arguments; `None` where none was.
    ///
    /// Where the canonical body is shorter than `length`, the hash is that of all of it.
    pub fn get(&self, form: Canonicalization, length: Option<u64>) -> Option<BodyHash> {
        self.forms.iter().find(|f| f.form == form)?.hash.get(length)
    }
}

/// One canonical form of the body and its hashes.
#[derive(Debug)]
struct Form {
    form: Canonicalization,
    canonicalizer: BodyCanonicalizer,
    hash: PrefixHash,
}

impl Form {
    fn new(form: Canonicalization) -> Form {
        Form { form, canonicalizer: BodyCanonicalizer::new(form), hash: PrefixHash::new() }
    }
}

/// A running SHA-256 that also keeps the digests of some prefixes.
struct PrefixHash {
    context: Option<Context>,
    /// Octets seen.
    len: u64,
    /// In ascending order of length.
    prefixes: Vec<Prefix>,
    /// The first prefix not complete.
    next: usize,
    /// The digest of all is asked for.
    whole: bool,
    digest: Option<[u8; 32]>,
}

struct Prefix {
    len: u64,
    digest: Option<[u8; 32]>,
}

impl PrefixHash {
    fn new() -> PrefixHash {
        let context = Some(Context::new(&SHA256));
        PrefixHash { context, len: 0, prefixes: Vec::new(), next: 0, whole: false, digest: None }
    }

    fn register(&mut self, length: Option<u64>) {
        match length {
            None => self.whole = true,
            Some(len) => {
                if let Err(at) = self.prefixes.binary_search_by_key(&len, |p| p.len) {
                    self.prefixes.insert(at, Prefix { len, digest: None });
                }
            }
        }
    }

    /// Completes the prefixes that end where the hash stands.
    fn complete_prefixes(&mut self) {
        while let Some(prefix) = self.prefixes.get_mut(self.next)
            && prefix.len <= self.len
        {
            prefix.digest = self.context.clone().map(digest_of);
            self.next += 1;
        }
    }

    fn finish(&mut self) {
        self.complete_prefixes();
        self.digest = self.context.take().map(digest_of);
    }

    fn get(&self, length: Option<u64>) -> Option<BodyHash> {
        let digest = match length {
            None => self.digest?,
            Some(len) => {
                let at = self.prefixes.binary_search_by_key(&len, |p| p.len).ok()?;
                // A prefix longer than the body is all of the body.
                self.prefixes[at].digest.or(self.digest)?
            }
        };
        Some(BodyHash { digest, body_len: self.len })
    }
}

impl Sink for PrefixHash {
    fn put(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while self.next < self.prefixes.len() {
            self.complete_prefixes();
            let Some(prefix) = self.prefixes.get(self.next) else { break };
            let room = usize::try_from(prefix.len - self.len).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.hash(now);
            rest = later;
            if rest.is_empty() {
                return;
            }
        }
        if self.whole {
            self.hash(rest);
        } else {
            // Nobody asked for more than the prefixes: count only.
            self.len += rest.len() as u64;
        }
    }
}

impl PrefixHash {
    fn hash(&mut self, octets: &[u8]) {
        if let Some(context) = &mut self.context {
            context.update(octets);
        }
        self.len += octets.len() as u64;
    }
}

impl std::fmt::Debug for PrefixHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrefixHash").field("len", &self.len).finish_non_exhaustive()
    }
}

fn digest_of(context: Context) -> [u8; 32] {
    let mut octets = [0; 32];
    octets.copy_from_slice(context.finish().as_ref());
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sha256(octets: &[u8]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(octets);
        digest_of(context)
    }

    fn check(body: &[u8], simple: &[u8], relaxed: &[u8]) {
        for size in 1..=body.len().max(1) {
            let mut hashes = BodyHashes::new();
            for form in [Canonicalization::Simple, Canonicalization::Relaxed] {
                for length in [None, Some(0), Some(3), Some(1 << 40)] {
                    hashes.register(form, length);
                }
            }
            for chunk in body.chunks(size) {
                hashes.update(chunk);
            }
            let digests = hashes.finish();
            for (form, canonical) in
                [(Canonicalization::Simple, simple), (Canonicalization::Relaxed, relaxed)]
            {
                for (length, covered) in [(None, usize::MAX), (Some(0), 0), (Some(3), 3), (Some(1 << 40), 99)]
                {
                    let expected = BodyHash {
                        digest: sha256(&canonical[..covered.min(canonical.len())]),
                        body_len: canonical.len() as u64,
                    };
                    let got = digests.get(form, length);
                    let text = String::from_utf8_lossy(body);
                    assert_eq!(got, Some(expected), "{text:?} {form} {length:?}, chunks of {size}");
                }
            }
        }
    }

    #[test]
    fn canonicalizes_bodies() {
        // RFC 6376 §3.4.5.
        check(b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n");
        check(b"", b"\r\n", b"");
        check(b"\r\n", b"\r\n", b"");
        check(b" \t\r\n \r\n", b" \t\r\n \r\n", b"");
        check(b"  ", b"  \r\n", b"");
        check(b"a", b"a\r\n", b"a\r\n");
        check(b"a \r\n\r\n \r\nb", b"a \r\n\r\n \r\nb\r\n", b"a\r\n\r\n\r\nb\r\n");
        check(b"\r\n\r\na", b"\r\n\r\na\r\n", b"\r\n\r\na\r\n");
        check(b"a\r", b"a\r\r\n", b"a\r\r\n");
        check(b"a \r \n\r\r\n", b"a \r \n\r\r\n", b"a \r \n\r\r\n");
        check(b"\n\n\r\r\r\n\r", b"\n\n\r\r\r\n\r\r\n", b"\n\n\r\r\r\n\r\r\n");
    }

    #[test]
    fn hashes_only_what_was_asked_for() {
        let mut hashes = BodyHashes::new();
        hashes.register(Canonicalization::Simple, Some(2));
        hashes.update(b"abc\r\n");
        let digests = hashes.finish();
        let hash = digests.get(Canonicalization::Simple, Some(2)).expect("registered");
        assert_eq!(hash, BodyHash { digest: sha256(b"ab"), body_len: 5 });
        assert_eq!(digests.get(Canonicalization::Relaxed, None), None);
        assert_eq!(digests.get(Canonicalization::Simple, Some(3)), None);
    }
}
