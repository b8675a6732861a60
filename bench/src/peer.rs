//! mail-auth's side: the same message, the same records, already parsed and cached.

use std::borrow::Borrow;
use std::future::Future;
use std::hash::Hash;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use ahash::HashMap;
use mail_auth::arc::ArcSealer;
use mail_auth::crypto::{Ed25519Key, RsaKey, Sha256};
use mail_auth::dkim::{DkimSigner, DomainKey};
use mail_auth::dmarc::DmarcRecord;
use mail_auth::dns::TxtRecordParser;
use mail_auth::headers::HeaderWriter;
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::signer::Ready;
use mail_auth::spf::SpfRecord;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, AuthenticationResults, DkimResult, DmarcResult, DnsCache, MessageAuthenticator, Mx,
    Negative, Parameters, RecordSet, ResolverCache, SpfOutput, SpfResult, TxtRecord,
};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::floor::{Algorithm, Key};
use crate::scene::{self, Keys, Purpose};

/// mail-auth with every answer at hand.
pub struct Peer {
    authenticator: MessageAuthenticator,
    answers: Caches,
    mail_from: &'static str,
}

impl Peer {
    /// Knows the scene's records, parsed.
    pub fn new(keys: &Keys) -> Peer {
        Peer::with_records(scene::txt_records(keys), scene::MAIL_FROM)
    }

    /// Knows these records, parsed, and judges mail of this reverse-path.
    pub fn with_records(records: Vec<(String, Purpose, String)>, mail_from: &'static str) -> Peer {
        let mut answers = Caches::empty();
        for (owner, purpose, text) in records {
            let record = match purpose {
                Purpose::Spf => SpfRecord::parse(text.as_bytes()).map(TxtRecord::from),
                Purpose::Key => DomainKey::parse(text.as_bytes()).map(TxtRecord::from),
                Purpose::Policy => DmarcRecord::parse(text.as_bytes()).map(TxtRecord::from),
            };
            answers.txt.known.insert(fqdn(&owner), record.unwrap_or_else(TxtRecord::Error));
        }
        let authenticator = MessageAuthenticator::new_cloudflare().expect("a resolver that is never asked");
        Peer { authenticator, answers, mail_from }
    }

    /// DKIM alone; the number of signatures that pass.
    pub fn verify_dkim(&self, message: &[u8]) -> usize {
        let message = AuthenticatedMessage::parse(message).expect("a header section");
        let outputs = now(self.authenticator.verify_dkim(self.with_cache(&message)));
        outputs.iter().filter(|o| *o.result() == DkimResult::Pass).count()
    }

    /// SPF alone, for MAIL FROM.
    pub fn check_host(&self) -> SpfOutput {
        now(self.authenticator.check_host(self.with_cache(self.mail_from())))
    }

    /// DMARC alone, with SPF and DKIM at hand.
    pub fn dmarc<'m>(&'m self, message: &'m [u8]) -> impl Fn() -> bool + 'm {
        let message = AuthenticatedMessage::parse(message).expect("a header section");
        let spf = self.check_host();
        move || {
            // The outputs borrow from the message, which this closure owns.
            let dmarc = now(self.authenticator.verify_dmarc(self.with_cache(
                mail_auth::dmarc::verify::DmarcParameters::new(&message, &[], scene::DOMAIN, &spf),
            )));
            *dmarc.spf_result() == DmarcResult::Pass
        }
    }

    /// All of it, with the text of Authentication-Results.
    pub fn judge(&self, message: &[u8], with_arc: bool) -> String {
        let message = AuthenticatedMessage::parse(message).expect("a header section");
        let helo = SpfParameters::helo(scene::CLIENT, scene::HELO, scene::RECEIVER);
        let helo_output = now(self.authenticator.check_host(self.with_cache(helo)));
        let spf = self.check_host();
        let dkim = now(self.authenticator.verify_dkim(self.with_cache(&message)));
        let arc = with_arc.then(|| now(self.authenticator.verify_arc(self.with_cache(&message))));
        let dmarc = now(self.authenticator.verify_dmarc(self.with_cache(
            mail_auth::dmarc::verify::DmarcParameters::new(&message, &dkim, scene::DOMAIN, &spf),
        )));
        let mut results = AuthenticationResults::new(scene::RECEIVER)
            .with_dkim_results(&dkim, message.first_from_address())
            .with_spf_result(&helo_output, &SpfParameters::helo(scene::CLIENT, scene::HELO, scene::RECEIVER))
            .with_spf_result(&spf, &self.mail_from())
            .with_dmarc_result(&dmarc);
        if let Some(arc) = &arc {
            results = results.with_arc_result(arc, scene::CLIENT);
        }
        results.to_header()
    }

    /// Parses the message's header section and hashes its body, as every verification begins.
    pub fn parse(message: &[u8]) {
        black_box(AuthenticatedMessage::parse(message));
    }

    /// Adds an ARC Set on top of the message; `padding` octets of its results are a comment.
    pub fn seal(&self, message: &[u8], keys: &Keys, padding: usize) -> Vec<u8> {
        let parsed = AuthenticatedMessage::parse(message).expect("a header section");
        let dkim = now(self.authenticator.verify_dkim(self.with_cache(&parsed)));
        let arc = now(self.authenticator.verify_arc(self.with_cache(&parsed)));
        let comment = if padding > 0 { format!(" ({})", "x".repeat(padding)) } else { String::new() };
        let sealer = scene::SEALER.to_owned() + &comment;
        let results = AuthenticationResults::new(&sealer).with_dkim_results(&dkim, "");
        let set = ArcSealer::from_key(rsa_key(&keys.rsa))
            .domain(scene::SEALER)
            .selector(scene::RSA_SELECTOR)
            .headers(scene::SIGNED_FIELDS.into_iter().chain(["DKIM-Signature"]))
            .seal(&parsed, &results, &arc)
            .expect("seals");
        [set.to_header().as_bytes(), message].concat()
    }

    fn mail_from(&self) -> SpfParameters<'static> {
        SpfParameters::mail_from(scene::CLIENT, scene::HELO, scene::RECEIVER, self.mail_from)
    }

    fn with_cache<T>(&self, input: T) -> Parameters<'_, T, Caches> {
        Parameters::new(input).with_cache(&self.answers)
    }
}

/// mail-auth's signer, its key loaded.
pub enum Signer {
    /// rsa-sha256.
    Rsa(DkimSigner<RsaKey<Sha256>, Ready>),
    /// ed25519-sha256.
    Ed25519(DkimSigner<Ed25519Key, Ready>),
}

impl Signer {
    /// Signs [`scene::SIGNED_FIELDS`], relaxed/relaxed.
    pub fn new(algorithm: Algorithm, keys: &Keys) -> Signer {
        let selector = scene::selector_of(algorithm);
        match algorithm {
            Algorithm::Rsa2048 => Signer::Rsa(
                DkimSigner::from_key(rsa_key(&keys.rsa))
                    .domain(scene::DOMAIN)
                    .selector(selector)
                    .headers(scene::SIGNED_FIELDS),
            ),
            Algorithm::Ed25519 => Signer::Ed25519(
                DkimSigner::from_key(Ed25519Key::from_pkcs8_der(&keys.ed25519.private_der).expect("our key"))
                    .domain(scene::DOMAIN)
                    .selector(selector)
                    .headers(scene::SIGNED_FIELDS),
            ),
        }
    }

    /// Signs these fields with the RSA key.
    pub fn with_fields(keys: &Keys, fields: Vec<String>) -> Signer {
        Signer::Rsa(
            DkimSigner::from_key(rsa_key(&keys.rsa))
                .domain(scene::DOMAIN)
                .selector(scene::RSA_SELECTOR)
                .headers(fields),
        )
    }

    /// Signs with the RSA key and gives the length of the body.
    pub fn with_length(keys: &Keys) -> Signer {
        let Signer::Rsa(signer) = Signer::new(Algorithm::Rsa2048, keys) else { unreachable!("an RSA key") };
        Signer::Rsa(signer.body_length(true))
    }

    /// The DKIM-Signature field.
    pub fn sign(&self, message: &[u8]) -> String {
        match self {
            Signer::Rsa(signer) => signer.sign(message).expect("signs").to_header(),
            Signer::Ed25519(signer) => signer.sign(message).expect("signs").to_header(),
        }
    }

    /// The message with so many signatures on top.
    pub fn signed(&self, message: &[u8], times: usize) -> Vec<u8> {
        let field = self.sign(message);
        [field.repeat(times).as_bytes(), message].concat()
    }
}

/// True where the sender's SPF passes; guards the measurements.
pub fn passes(output: &SpfOutput) -> bool {
    output.result() == SpfResult::Pass
}

fn rsa_key(key: &Key) -> RsaKey<Sha256> {
    let der = PrivatePkcs8KeyDer::from(key.private_der.as_slice());
    RsaKey::from_key_der(PrivateKeyDer::Pkcs8(der)).expect("our key")
}

fn fqdn(owner: &str) -> Box<str> {
    format!("{owner}.").into_boxed_str()
}

/// Every answer is at hand, so that nothing ever waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a question was asked that the cache does not hold"),
    }
}

/// A map without a lock: the fastest cache that mail-auth can be given here.
/// What it does not hold does not exist.
struct Map<K, V> {
    known: HashMap<K, V>,
    absent: V,
}

impl<K, V> Map<K, V> {
    fn empty(absent: V) -> Map<K, V> {
        Map { known: HashMap::default(), absent }
    }
}

impl<K: Hash + Eq, V: Clone> ResolverCache<K, V> for Map<K, V> {
    fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(self.known.get(key).unwrap_or(&self.absent).clone())
    }

    fn remove<Q>(&self, _: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: K, _: V, _: Instant) {}
}

type Kept<T> = Result<RecordSet<T>, Negative>;

struct Caches {
    txt: Map<Box<str>, TxtRecord>,
    mx: Map<Box<str>, Kept<Mx>>,
    ipv4: Map<Box<str>, Kept<Ipv4Addr>>,
    ipv6: Map<Box<str>, Kept<Ipv6Addr>>,
    ptr: Map<IpAddr, Kept<Box<str>>>,
}

impl Caches {
    fn empty() -> Caches {
        let absent = Negative { code: ResponseCode::NXDomain };
        Caches {
            txt: Map::empty(TxtRecord::Error(absent.into())),
            mx: Map::empty(Err(absent)),
            ipv4: Map::empty(Err(absent)),
            ipv6: Map::empty(Err(absent)),
            ptr: Map::empty(Err(absent)),
        }
    }
}

impl DnsCache for Caches {
    type Txt = Map<Box<str>, TxtRecord>;
    type Mx = Map<Box<str>, Kept<Mx>>;
    type Ipv4 = Map<Box<str>, Kept<Ipv4Addr>>;
    type Ipv6 = Map<Box<str>, Kept<Ipv6Addr>>;
    type Ptr = Map<IpAddr, Kept<Box<str>>>;

    fn txt(&self) -> Option<&Self::Txt> {
        Some(&self.txt)
    }

    fn mx(&self) -> Option<&Self::Mx> {
        Some(&self.mx)
    }

    fn ipv4(&self) -> Option<&Self::Ipv4> {
        Some(&self.ipv4)
    }

    fn ipv6(&self) -> Option<&Self::Ipv6> {
        Some(&self.ipv6)
    }

    fn ptr(&self) -> Option<&Self::Ptr> {
        Some(&self.ptr)
    }
}
