use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::cookie::{CookieSecrets, Presented};
use super::lookup_name::WireName;
use super::node::{CLASS_IN, Node, RecordSet, TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_MX, TYPE_NS};
use super::query::{Header, Query, Question, TYPE_IXFR};
use super::rate_limit::{Allowance, Kind, RateLimiter};
use super::response::{QUESTION_NAME, Rcode, Response, Section, write_bare};
use super::zone::{Found, Zone, Zones};

/// An authoritative server without sockets: octets of a query in, octets of the answer out.
pub struct Responder {
    cookies: CookieSecrets,
    limiter: Option<RateLimiter>,
    counts: ServeCounts,
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Its address.
    pub client: IpAddr,
    /// What the query came over.
    pub transport: Transport,
}

/// What carries queries and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The address may be forged: answers are short, and their rate is limited.
    Udp,
    /// The address is true.
    Tcp,
}

/// What became of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The answer is to be sent.
    Answer,
    /// There is none: the octets were no query, or the rate is used up.
    Silence,
}

impl Responder {
    /// With response rate limiting, keyed by the cookies' secret.
    pub fn new(cookies: CookieSecrets) -> Responder {
        let limiter = Some(RateLimiter::new(cookies.rate_limit_key()));
        Responder { limiter, ..Responder::without_rate_limit(cookies) }
    }

    /// Without response rate limiting, for servers that strangers cannot reach.
    pub fn without_rate_limit(cookies: CookieSecrets) -> Responder {
        Responder { cookies, limiter: None, counts: ServeCounts::default() }
    }

    /// What was answered since the start.
    pub fn counts(&self) -> &ServeCounts {
        &self.counts
    }

    /// Answers one query, `now` since 1970. The answer replaces what is in `out`.
    pub fn answer<Z: Zones>(
        &self,
        zones: &Z,
        query: &[u8],
        asker: Asker,
        now: Duration,
        out: &mut Vec<u8>,
    ) -> Sent {
        out.clear();
        let sent = self.write_answer(zones, query, asker, now, out);
        if sent == Sent::Silence {
            out.clear();
        }
        self.counts.count(sent, out);
        sent
    }

    fn write_answer<Z: Zones>(
        &self,
        zones: &Z,
        query: &[u8],
        asker: Asker,
        now: Duration,
        out: &mut Vec<u8>,
    ) -> Sent {
        // An answer to an answer would begin a conversation without end.
        let Some(header) = Header::read(query).filter(|header| !header.is_response()) else {
            return Sent::Silence;
        };
        let bare = |rcode: Rcode, out: &mut Vec<u8>| {
            if self.allowance(asker, false, Kind::Error, now) == Allowance::Silence {
                return Sent::Silence;
            }
            write_bare(header, rcode, out);
            Sent::Answer
        };
        if header.opcode() != OPCODE_QUERY {
            return bare(Rcode::NotImp, out);
        }
        let Ok(query) = Query::read(header, query) else { return bare(Rcode::FormErr, out) };
        let Some(presented) = self.presented(&query, asker, now) else {
            return bare(Rcode::FormErr, out);
        };
        let cookie = self.cookie_given(presented, asker, now);
        let proven = matches!(presented, Presented::Valid(..));
        if query.question.is_none() && cookie.is_none() {
            return bare(Rcode::FormErr, out);
        }
        let mut turn = Turn {
            responder: self,
            asker,
            proven,
            now,
            response: Response::new(&query, asker.transport == Transport::Udp, cookie, out),
        };
        match turn.answer(zones, &query) {
            Allowance::Within => turn.response.finish(),
            Allowance::Slip => turn.response.finish_truncated(),
            Allowance::Silence => return Sent::Silence,
        }
        Sent::Answer
    }

    /// What the COOKIE option says; `None` where it is malformed (RFC 7873 §5.2.2).
    fn presented(&self, query: &Query<'_>, asker: Asker, now: Duration) -> Option<Presented> {
        match query.edns.as_ref().and_then(|edns| edns.cookie) {
            None => Some(Presented::Nothing),
            Some(option) => self.cookies.judge(option, asker.client, now.as_secs()),
        }
    }

    fn cookie_given(&self, presented: Presented, asker: Asker, now: Duration) -> Option<[u8; 24]> {
        let (client, server) = match presented {
            Presented::Nothing => return None,
            Presented::Client(client) => (client, self.cookies.make(client, asker.client, now.as_secs())),
            Presented::Valid(client, server) => (client, server),
        };
        let mut cookie = [0; 24];
        cookie[..8].copy_from_slice(&client);
        cookie[8..].copy_from_slice(&server);
        Some(cookie)
    }

    fn allowance(&self, asker: Asker, proven: bool, kind: Kind<'_>, now: Duration) -> Allowance {
        match &self.limiter {
            Some(limiter) if asker.transport == Transport::Udp && !proven => {
                limiter.count(asker.client, kind, now)
            }
            _ => Allowance::Within,
        }
    }
}

/// One query that could be read, and the answer to it.
struct Turn<'r, 'o> {
    responder: &'r Responder,
    asker: Asker,
    /// A cookie of ours shows that the address is true.
    proven: bool,
    now: Duration,
    response: Response<'o>,
}

impl Turn<'_, '_> {
    fn answer<Z: Zones>(&mut self, zones: &Z, query: &Query<'_>) -> Allowance {
        // RFC 6891 §6.1.3: a version that is not ours is answered with ours and nothing else.
        if query.edns.as_ref().is_some_and(|edns| edns.version > 0) {
            return self.error(Rcode::BadVers);
        }
        // RFC 7873 §5.4: no question, only a cookie to be had.
        let Some(question) = &query.question else { return self.limit(Kind::Error) };
        match question.record_type {
            TYPE_OPT_ASKED | TYPE_TSIG | TYPE_TKEY => return self.error(Rcode::FormErr),
            TYPE_IXFR | TYPE_AXFR => return self.error(Rcode::Refused),
            _ if question.class != CLASS_IN => return self.error(Rcode::Refused),
            _ => {}
        }
        match zones.zone_of(question.name.as_lookup()) {
            None => self.error(Rcode::Refused),
            Some(zone) => self.answer_from(zone, question),
        }
    }

    fn limit(&self, kind: Kind<'_>) -> Allowance {
        self.responder.allowance(self.asker, self.proven, kind, self.now)
    }

    /// A refusal is no longer than the query, so in place of a truncated one it is sent itself.
    fn error(&mut self, rcode: Rcode) -> Allowance {
        self.response.set_rcode(rcode);
        match self.limit(Kind::Error) {
            Allowance::Slip => Allowance::Within,
            other => other,
        }
    }

    fn answer_from<Z: Zone>(&mut self, zone: &Z, question: &Question<'_>) -> Allowance {
        let name = question.name.as_lookup();
        let found = zone.find(name);
        let kind = match found {
            Found::Nothing => Kind::NonExisting(zone.apex().name()),
            _ => Kind::Existing(name),
        };
        self.response.set_authoritative();
        let allowance = self.limit(kind);
        if allowance == Allowance::Within {
            self.fill(zone, question, found);
        } else if matches!(found, Found::Nothing) {
            self.response.set_rcode(Rcode::NxDomain);
        }
        allowance
    }

    /// Follows aliases within the zone (RFC 1034 §4.3.2 step 3a) to records or to a denial.
    fn fill<Z: Zone>(&mut self, zone: &Z, question: &Question<'_>, found: Found<'_>) {
        let apex_at =
            QUESTION_NAME + question.name.as_lookup().octets().len() - zone.apex().name().octets().len();
        let mut found = found;
        let mut owner = QUESTION_NAME;
        let mut passed = vec![];
        for _ in 0..=MAX_ALIASES {
            let node = match &found {
                Found::Node(node) => node,
                Found::EmptyNonTerminal => return self.deny(zone, Rcode::NoError, apex_at),
                // RFC 6604 §3: the RCODE is about the last name of the chain.
                Found::Nothing => return self.deny(zone, Rcode::NxDomain, apex_at),
            };
            if let Some(set) = wanted(node, question.record_type) {
                if let Some(data) = self.response.push_set(Section::Answer, set, owner) {
                    self.push_addresses(zone, set, data);
                }
                return;
            }
            let Some(alias) = node.set(TYPE_CNAME) else {
                return self.deny(zone, Rcode::NoError, apex_at);
            };
            let Some(target) = self.response.push_set(Section::Answer, alias, owner) else { return };
            owner = target;
            let Some(name) = self.response.name_at(target) else { return };
            let again = name == question.name.as_lookup()
                || passed.iter().any(|at| self.response.name_at(*at) == Some(name));
            if again || !name.is_at_or_below(zone.apex().name()) {
                return;
            }
            found = zone.find(name);
            passed.push(target);
        }
    }

    fn deny<Z: Zone>(&mut self, zone: &Z, rcode: Rcode, apex_at: usize) {
        self.response.set_rcode(rcode);
        let denial = zone.apex().denial();
        // The apex is a part of the question, so a pointer reaches it.
        let _ = self.response.push_encoded(Section::Authority, denial, 1, apex_at);
    }

    /// Addresses of the hosts that NS and MX records name, as far as they are in the zone
    /// and there is room (RFC 1034 §4.3.2 step 6).
    fn push_addresses<Z: Zone>(&mut self, zone: &Z, set: &RecordSet, first_data: usize) {
        let before_name = match set.record_type {
            TYPE_NS => 0,
            TYPE_MX => 2,
            _ => return,
        };
        let mut seen: Vec<WireName> = Vec::new();
        let Some(first) = set.records().next() else { return };
        for record in set.records().take(MAX_HOSTS) {
            let host_at = first_data + record.data - first.data + before_name;
            let Some(host) = self.response.name_at(host_at).map(WireName::from) else { return };
            if !host.as_lookup().is_at_or_below(zone.apex().name()) || seen.contains(&host) {
                continue;
            }
            if let Found::Node(node) = zone.find(host.as_lookup()) {
                self.push_addresses_of(&node, host_at);
            }
            seen.push(host);
        }
    }

    fn push_addresses_of(&mut self, node: &Node, host_at: usize) {
        for set in [TYPE_A, TYPE_AAAA].into_iter().filter_map(|t| node.set(t)) {
            if self.response.has_room_for(set.octets.len()) {
                let _ = self.response.push_set(Section::Additional, set, host_at);
            }
        }
    }
}

/// The set that the question asks for; for ANY one set, the smallest (RFC 8482 §4.1).
fn wanted(node: &Node, record_type: u16) -> Option<&RecordSet> {
    if record_type == TYPE_ANY { node.smallest_set() } else { node.set(record_type) }
}

/// What was answered since the start, for metrics.
#[derive(Debug, Default)]
pub struct ServeCounts {
    rcodes: [AtomicU64; 16],
    truncated: AtomicU64,
    silent: AtomicU64,
}

impl ServeCounts {
    fn count(&self, sent: Sent, answer: &[u8]) {
        match (sent, answer) {
            (Sent::Answer, [_, _, flags, rcode, ..]) => {
                self.rcodes[usize::from(rcode & 0x0f)].fetch_add(1, Ordering::Relaxed);
                self.truncated.fetch_add(u64::from(flags >> 1 & 1), Ordering::Relaxed);
            }
            _ => {
                self.silent.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Answers by the four bits of RCODE in their header; BADVERS counts with NOERROR.
    pub fn answers(&self) -> [u64; 16] {
        std::array::from_fn(|rcode| self.rcodes[rcode].load(Ordering::Relaxed))
    }

    /// Answers with TC, which are counted among the others too.
    pub fn truncated(&self) -> u64 {
        self.truncated.load(Ordering::Relaxed)
    }

    /// What got no answer: no query, or above the rate.
    pub fn silent(&self) -> u64 {
        self.silent.load(Ordering::Relaxed)
    }
}

const OPCODE_QUERY: u8 = 0;
const TYPE_OPT_ASKED: u16 = 41;
const TYPE_TKEY: u16 = 249;
const TYPE_TSIG: u16 = 250;
const TYPE_AXFR: u16 = 252;
const TYPE_ANY: u16 = 255;
/// CNAMEs that one answer follows.
const MAX_ALIASES: usize = 8;
/// Hosts whose addresses one answer adds.
const MAX_HOSTS: usize = 16;
