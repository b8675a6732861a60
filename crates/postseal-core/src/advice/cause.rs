use std::net::IpAddr;

use super::{
    BadValue, BimiObstacle, KeyFault, MtaStsFault, PctReading, PolicyFault, PolicyUnavailable, PrivateRange,
    RecordFault, Severity, TlsaFault,
};
use crate::dkim::Selector;
use crate::dns::{DomainName, Failure, RecordType};
use crate::spf::{MacroError, TermError};

/// One table for everything that a finding can say: the variant with its data,
/// the stable id, the usual severity and the place of the rule.
macro_rules! catalogue {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $( $(#[$field_doc:meta])* $field:ident: $type:ty, )+ })?
            = $id:literal, $severity:ident, $source:literal;
    )+) => {
        /// What a finding says, with the data that its sentence needs.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Cause {
            $( $(#[$doc])* $name $({ $( $(#[$field_doc])* $field: $type, )+ })?, )+
        }

        /// The stable name of a kind of finding. An id never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FindingId {
            $( $(#[$doc])* $name, )+
        }

        impl FindingId {
            /// Every id, in the order of the catalogue.
            pub const ALL: &[FindingId] = &[ $( FindingId::$name, )+ ];

            /// The id as it is written in output: `spf.missing`.
            pub fn as_str(self) -> &'static str {
                match self { $( FindingId::$name => $id, )+ }
            }

            /// How grave it usually is; [`Cause::severity`] knows the exceptions.
            pub fn severity(self) -> Severity {
                match self { $( FindingId::$name => Severity::$severity, )+ }
            }

            /// Where the rule is written.
            pub fn source(self) -> &'static str {
                match self { $( FindingId::$name => $source, )+ }
            }
        }

        impl Cause {
            /// The stable name of this kind of finding.
            pub fn id(&self) -> FindingId {
                match self { $( Cause::$name { .. } => FindingId::$name, )+ }
            }
        }
    };
}

catalogue! {
    /// The domain has no SPF record.
    SpfMissing {
        /// True where a text record is there that was meant as one.
        broken: bool,
    } = "spf.missing", Error, "RFC 7208 §3.1";
    /// More than one `v=spf1` record.
    SpfMultiple {
        /// How many.
        count: usize,
    } = "spf.multiple", Error, "RFC 7208 §4.5";
    /// A term that RFC 7208 does not allow.
    SpfSyntax {
        /// The term as published.
        term: String,
        /// What is wrong with it; `None` for a version that is none.
        error: Option<TermError>,
    } = "spf.syntax", Error, "RFC 7208 §4.6.1";
    /// A modifier nobody knows.
    SpfUnknownModifier {
        /// Its name.
        modifier: String,
        /// True where the name is a mechanism's: `ip4=…`.
        mechanism: bool,
    } = "spf.unknown-modifier", Info, "RFC 7208 §6";
    /// More than ten terms that cost a DNS look-up.
    SpfLookupLimit {
        /// Terms counted, includes and redirects followed.
        lookups: u32,
    } = "spf.lookup-limit", Error, "RFC 7208 §4.6.4";
    /// Nine or ten terms that cost a DNS look-up.
    SpfLookupNearLimit {
        /// Terms counted, includes and redirects followed.
        lookups: u32,
    } = "spf.lookup-near-limit", Warning, "RFC 7208 §4.6.4";
    /// More than two void lookups.
    SpfVoidLimit {
        /// Void lookups in the whole tree.
        voids: u32,
        /// The first name without an answer.
        target: DomainName,
    } = "spf.void-limit", Error, "RFC 7208 §4.6.4";
    /// One or two void lookups.
    SpfVoidLookup {
        /// Void lookups in the whole tree.
        voids: u32,
        /// The first name without an answer.
        target: DomainName,
    } = "spf.void-lookup", Warning, "RFC 7208 §4.6.4";
    /// The target of an include or a redirect has no SPF record.
    SpfIncludeMissing {
        /// The target.
        target: DomainName,
        /// True for a redirect.
        redirect: bool,
    } = "spf.include-missing", Error, "RFC 7208 §5.2";
    /// An include or a redirect comes back to itself.
    SpfLoop {
        /// The domain that is reached again.
        target: DomainName,
    } = "spf.loop", Error, "RFC 7208 §4.6.4";
    /// Everybody passes.
    SpfPassAll {
        /// The term.
        term: String,
        /// The domain whose record has it.
        at: DomainName,
        /// True where that is not the record of the domain itself.
        included: bool,
    } = "spf.pass-all", Error, "RFC 7208 §11.4";
    /// `?all`.
    SpfNeutralAll = "spf.neutral-all", Warning, "RFC 7208 §8.2";
    /// Neither `all` nor `redirect`.
    SpfNoAll = "spf.no-all", Warning, "RFC 7208 §4.7";
    /// Mechanisms after `all`.
    SpfAfterAll {
        /// The terms that are never reached.
        terms: String,
    } = "spf.after-all", Warning, "RFC 7208 §5.1";
    /// `redirect` beside `all`.
    SpfRedirectIgnored {
        /// The redirect.
        term: String,
    } = "spf.redirect-ignored", Warning, "RFC 7208 §6.1";
    /// Uses `ptr`.
    SpfPtr {
        /// The term.
        term: String,
    } = "spf.ptr", Warning, "RFC 7208 §5.5";
    /// The domain's own `ip4` terms authorise more than 2^17 addresses.
    SpfTooBroad {
        /// How many addresses.
        addresses: u64,
    } = "spf.too-broad", Warning, "RFC 7208 §11.4";
    /// An address range that no mail can come from on the Internet.
    SpfPrivateAddress {
        /// The term.
        term: String,
        /// What the range is for.
        range: PrivateRange,
    } = "spf.private-address", Warning, "RFC 6890 §2.2";
    /// The same term twice.
    SpfDuplicateTerm {
        /// The second one.
        term: String,
    } = "spf.duplicate-term", Info, "RFC 7208 §4.6.2";
    /// An `mx` term whose target has more than ten mail exchanges.
    SpfMxLimit {
        /// The term's target.
        target: DomainName,
        /// How many exchanges it has.
        count: usize,
    } = "spf.mx-limit", Error, "RFC 7208 §4.6.4";
    /// A macro that does not parse.
    SpfMacro {
        /// The term.
        term: String,
        /// What is wrong with the macro.
        error: MacroError,
    } = "spf.macro", Error, "RFC 7208 §7.1";
    /// A record of type SPF (99) is still there.
    SpfType99 {
        /// True where it says the same as the TXT record.
        same: bool,
    } = "spf.type99", Info, "RFC 7208 §3.1";
    /// The answer does not fit 512 octets.
    SpfTooLong {
        /// Octets of the whole DNS answer.
        octets: usize,
    } = "spf.too-long", Warning, "RFC 7208 §3.4";
    /// The joining of two TXT strings glues two terms together.
    SpfStringJoin {
        /// The end of the first string.
        left: String,
        /// The beginning of the second.
        right: String,
    } = "spf.string-join", Error, "RFC 7208 §3.3";
    /// Addresses authorised twice by different terms.
    SpfOverlap {
        /// The term whose addresses are authorised already.
        term: String,
        /// The other one.
        other: String,
    } = "spf.overlap", Info, "RFC 7208 §4.6.2";
    /// Anybody may register the domain that an include or a redirect trusts.
    SpfIncludeUnregistered {
        /// The target.
        target: DomainName,
        /// The domain that does not exist.
        registrable: DomainName,
    } = "spf.include-unregistered", Error, "RFC 7208 §11.2";
    /// Quotation marks inside the record.
    SpfQuotes = "spf.quotes", Error, "RFC 7208 §12";
    /// The given address does not pass.
    SpfSenderNotAuthorized {
        /// The address.
        ip: IpAddr,
        /// What SPF says, in RFC 8601's word.
        result: &'static str,
    } = "spf.sender-not-authorized", Error, "RFC 7208 §8";

    /// No selector was given and none of the usual ones answers.
    DkimNoneFound {
        /// The selectors asked for, separated by commas.
        tried: String,
    } = "dkim.none-found", Warning, "RFC 6376 §3.1";
    /// A given or configured selector has no key.
    DkimKeyMissing {
        /// The selector.
        selector: Selector,
    } = "dkim.key-missing", Error, "RFC 6376 §6.1.2";
    /// The key record does not parse.
    DkimKeySyntax {
        /// The selector.
        selector: Selector,
        /// Which rule is broken.
        fault: KeyFault,
    } = "dkim.key-syntax", Error, "RFC 6376 §3.6.1";
    /// Several TXT records at one selector.
    DkimKeyMultiple {
        /// The selector.
        selector: Selector,
        /// How many.
        count: usize,
    } = "dkim.key-multiple", Error, "RFC 6376 §3.6.2.2";
    /// Empty `p=`.
    DkimKeyRevoked {
        /// The selector.
        selector: Selector,
    } = "dkim.key-revoked", Warning, "RFC 6376 §3.6.1";
    /// `t=y`.
    DkimKeyTestMode {
        /// The selector.
        selector: Selector,
    } = "dkim.key-test-mode", Warning, "RFC 6376 §3.6.1";
    /// An RSA key under 1024 bits.
    DkimKeyTooShort {
        /// The selector.
        selector: Selector,
        /// Bits of the modulus.
        bits: u32,
    } = "dkim.key-too-short", Error, "RFC 8301 §3.2";
    /// An RSA key of 1024 to 2047 bits.
    DkimKey1024 {
        /// The selector.
        selector: Selector,
        /// Bits of the modulus.
        bits: u32,
    } = "dkim.key-1024", Warning, "RFC 8301 §3.2";
    /// Quotation marks around the record or in a tag.
    DkimQuotes {
        /// The selector.
        selector: Selector,
    } = "dkim.quotes", Error, "RFC 6376 §3.6.1";
    /// Quotation marks between the halves of a key.
    DkimKeySplit {
        /// The selector.
        selector: Selector,
    } = "dkim.key-split", Error, "RFC 6376 §3.6.2.2";
    /// `h=` allows sha1 alone.
    DkimHashSha1 {
        /// The selector.
        selector: Selector,
    } = "dkim.hash-sha1", Error, "RFC 8301 §3.1";
    /// `s=` excludes email.
    DkimService {
        /// The selector.
        selector: Selector,
        /// The value.
        value: String,
    } = "dkim.service", Error, "RFC 6376 §3.6.1";
    /// No RSA key beside the Ed25519 one.
    DkimEd25519Only {
        /// The selector of the Ed25519 key.
        selector: Selector,
    } = "dkim.ed25519-only", Warning, "RFC 8463 §5";
    /// Any name under `_domainkey` answers.
    DkimWildcard = "dkim.wildcard", Warning, "RFC 6376 §3.6.2.1";
    /// The CNAME's target does not exist.
    DkimCnameDangling {
        /// The selector.
        selector: Selector,
        /// The target.
        target: DomainName,
    } = "dkim.cname-dangling", Error, "RFC 1034 §3.6.2";
    /// The CNAME has a known form and names another selector or domain.
    DkimCnameWrong {
        /// The selector.
        selector: Selector,
        /// The target as published.
        target: DomainName,
        /// The target that the form asks for, as far as it can be known.
        expected: String,
    } = "dkim.cname-wrong", Error, "Microsoft 365: DKIM CNAME format";
    /// A TXT record that is no key record where a CNAME belongs.
    DkimTxtNotCname {
        /// The selector.
        selector: Selector,
    } = "dkim.txt-not-cname", Error, "Microsoft 365: DKIM CNAME format";
    /// An address record where a CNAME belongs.
    DkimProxied {
        /// The selector.
        selector: Selector,
        /// The address found.
        address: IpAddr,
    } = "dkim.proxied", Error, "Microsoft 365: DKIM CNAME format";
    /// The domain was added a second time to the key's name.
    DkimDoubledSuffix {
        /// The selector.
        selector: Selector,
        /// The name at which the record is.
        found_at: DomainName,
    } = "dkim.doubled-suffix", Error, "RFC 6376 §3.6.2.1";

    /// No policy applies to the domain.
    DmarcMissing {
        /// True where a record is there that was meant as one.
        broken: bool,
    } = "dmarc.missing", Error, "RFC 9989 §4.10.1";
    /// Several DMARC records at one name.
    DmarcMultiple {
        /// How many.
        count: usize,
    } = "dmarc.multiple", Error, "RFC 9989 §4.10";
    /// Not a tag list, or the version is not first.
    DmarcSyntax {
        /// The place that cannot be read.
        text: String,
        /// Which rule is broken.
        fault: PolicyFault,
    } = "dmarc.syntax", Error, "RFC 9989 §4.8";
    /// A tag with a wrong value.
    DmarcBadValue {
        /// The tag.
        tag: String,
        /// The value.
        value: String,
        /// What the wrong value leads to.
        consequence: BadValue,
    } = "dmarc.bad-value", Error, "RFC 9989 §4.10.1";
    /// The same tag twice.
    DmarcDuplicateTag {
        /// The tag.
        tag: String,
    } = "dmarc.duplicate-tag", Warning, "RFC 6376 §3.2";
    /// `v=DMARC1` at the domain itself.
    DmarcAtApex = "dmarc.at-apex", Error, "RFC 9989 §4.5";
    /// The domain was added a second time to the policy's name.
    DmarcDoubledSuffix {
        /// The name at which the record is.
        found_at: DomainName,
    } = "dmarc.doubled-suffix", Error, "RFC 9989 §4.5";
    /// Quotation marks in the record.
    DmarcQuotes = "dmarc.quotes", Error, "RFC 9989 §4.8";
    /// A version or value whose case makes it void.
    DmarcCase {
        /// The text in the wrong case.
        text: String,
        /// The same in the right case.
        expected: &'static str,
    } = "dmarc.case", Error, "RFC 9989 §4.7";
    /// `p` is not the second tag.
    DmarcTagOrder {
        /// The tag that stands in its place.
        second: String,
    } = "dmarc.tag-order", Warning, "RFC 7489 §6.3";
    /// No `p=`, or an empty one.
    DmarcPolicyMissing = "dmarc.policy-missing", Warning, "RFC 9989 §4.7";
    /// Monitoring only.
    DmarcPolicyNone = "dmarc.policy-none", Info, "RFC 9989 §4.7";
    /// `pct` is gone.
    DmarcPct {
        /// The value.
        value: String,
        /// What Postseal reads it as.
        reading: PctReading,
    } = "dmarc.pct", Warning, "RFC 9989 §A.6";
    /// `rf` or `ri`.
    DmarcRemovedTag {
        /// The tag.
        tag: String,
    } = "dmarc.removed-tag", Info, "RFC 9989 §C.5.2";
    /// A tag nobody knows.
    DmarcUnknownTag {
        /// The tag.
        tag: String,
    } = "dmarc.unknown-tag", Info, "RFC 9989 §4.7";
    /// `t=y`.
    DmarcTestMode = "dmarc.test-mode", Info, "RFC 9989 §4.7";
    /// Nobody gets aggregate reports.
    DmarcRuaMissing = "dmarc.rua-missing", Warning, "RFC 9989 §5.1.3";
    /// Not a URI, or `mailto:` missing.
    DmarcRuaSyntax {
        /// The address as published.
        address: String,
        /// True where it is a mail address without its scheme.
        bare_address: bool,
    } = "dmarc.rua-syntax", Error, "RFC 9989 §4.6";
    /// An outside address that has not agreed to take the reports.
    DmarcRuaUnauthorized {
        /// The outside domain.
        outside: DomainName,
        /// The name of the missing record.
        permission: DomainName,
    } = "dmarc.rua-unauthorized", Error, "RFC 9990 §4";
    /// A size limit, obsolete.
    DmarcRuaSize {
        /// The limit as published.
        limit: String,
    } = "dmarc.rua-size", Info, "RFC 9989 §4.8";
    /// `sp` or `np` is weaker than `p`.
    DmarcWeakerSubdomain {
        /// `sp` or `np`.
        tag: &'static str,
        /// Its value.
        value: &'static str,
        /// The value of `p`.
        policy: &'static str,
    } = "dmarc.weaker-subdomain", Warning, "RFC 9989 §4.7";
    /// The policy comes from a parent.
    DmarcInherited {
        /// The Policy Domain.
        policy_domain: DomainName,
        /// The policy that applies.
        policy: &'static str,
        /// The tag it comes from: `p`, `sp` or `np`.
        tag: &'static str,
        /// The names asked for, in order, separated by ` → `.
        walk: String,
    } = "dmarc.inherited", Info, "RFC 9989 §4.10.1";
    /// RFC 7489's public suffix list gives another policy or organisation.
    DmarcRfc7489Differs {
        /// The Organizational Domain by RFC 9989.
        organization: DomainName,
        /// The Organizational Domain by the public suffix list.
        old_organization: DomainName,
        /// The policy by RFC 9989, `none published` where there is none.
        policy: Option<&'static str>,
        /// The policy by RFC 7489.
        old_policy: Option<&'static str>,
    } = "dmarc.rfc7489-differs", Warning, "RFC 9989 §C.3";
    /// Quarantine or reject while neither SPF nor DKIM can align.
    DmarcEnforcedUnprepared {
        /// The policy.
        policy: &'static str,
    } = "dmarc.enforced-unprepared", Warning, "RFC 9989 §5.1.7";

    /// A time to live under 300 seconds on one of the domain's own records.
    DnsTtlShort {
        /// The record's type.
        record_type: RecordType,
        /// Seconds.
        ttl: u32,
    } = "dns.ttl-short", Warning, "RFC 1912 §2.2";
    /// No usable answer where a record decides.
    DnsError {
        /// The type asked for.
        record_type: RecordType,
        /// What went wrong.
        failure: Failure,
    } = "dns.error", Error, "RFC 7208 §4.4, RFC 9989 §4.10";

    /// Authoritative servers do not agree.
    DnsServersDiffer {
        /// The type asked for.
        record_type: RecordType,
        /// Which servers say what: `SERVER, SERVER: RECORD | RECORD; SERVER: -`.
        said: String,
    } = "dns.servers-differ", Warning, "RFC 1034 §4.3.5";
    /// A name server of the zone gives no answer at all.
    DnsServerSilent {
        /// Its name and address.
        server: String,
    } = "dns.server-silent", Warning, "RFC 2182 §3";
    /// A name server does not answer as an authority for the zone.
    NsLame {
        /// Its name and address.
        server: String,
        /// `ServFail`, or `Refused` for every other answer that is none.
        failure: Failure,
    } = "ns.lame", Error, "RFC 1912 §2.8";
    /// The resolver fails the question because of DNSSEC.
    DnssecBogus {
        /// The type asked for.
        record_type: RecordType,
    } = "dnssec.bogus", Error, "RFC 4035 §5.5";

    /// No MX record.
    MxMissing {
        /// True where the name has an address, which then takes the mail.
        address: bool,
    } = "mx.missing", Info, "RFC 5321 §5.1";
    /// A null MX: the domain takes no mail.
    MxNull {
        /// True where SPF does not say `-all`.
        sends: bool,
    } = "mx.null", Info, "RFC 7505 §3";
    /// An MX that is an alias.
    MxCname {
        /// The exchange.
        exchange: DomainName,
        /// What it is an alias of.
        target: DomainName,
    } = "mx.cname", Error, "RFC 2181 §10.3";
    /// An MX without an address.
    MxUnresolvable {
        /// The exchange.
        exchange: DomainName,
    } = "mx.unresolvable", Error, "RFC 5321 §5.1";

    /// The given address has no name.
    PtrMissing {
        /// The address.
        ip: IpAddr,
    } = "ptr.missing", Error, "RFC 1912 §2.1";
    /// The given address's name does not lead back to it.
    PtrMismatch {
        /// The address.
        ip: IpAddr,
        /// Its name.
        host: DomainName,
    } = "ptr.mismatch", Error, "RFC 8601 §2.7.3";

    /// Nobody is told of TLS failures: there is no TLSRPT record.
    TlsrptMissing = "tlsrpt.missing", Info, "RFC 8460 §3";
    /// The TLSRPT record cannot be used, or a part of it.
    TlsrptSyntax {
        /// The place.
        text: String,
        /// Which rule is broken.
        fault: RecordFault,
    } = "tlsrpt.syntax", Error, "RFC 8460 §3";
    /// There is no MTA-STS record, or none of the policy that it announces.
    MtaStsMissing {
        /// Why senders get no policy; `None` where there is no record.
        policy: Option<PolicyUnavailable>,
    } = "mta-sts.missing", Info, "RFC 8461 §3";
    /// The MTA-STS record or the policy cannot be used, or not for the domain's mail exchanges.
    MtaStsSyntax {
        /// The place, or the mail exchange.
        text: String,
        /// What is wrong.
        fault: MtaStsFault,
    } = "mta-sts.syntax", Error, "RFC 8461 §3";
    /// The BIMI record cannot be used.
    BimiSyntax {
        /// The place.
        text: String,
        /// Which rule is broken.
        fault: RecordFault,
    } = "bimi.syntax", Warning, "draft-brand-indicators-for-message-identification";
    /// The DMARC policy is too weak for BIMI.
    BimiNotEnforced {
        /// What is too weak.
        obstacle: BimiObstacle,
    } = "bimi.not-enforced", Warning, "draft-brand-indicators-for-message-identification";
    /// A TLSA record of which senders make no use.
    DaneTlsaUnusable {
        /// Why.
        fault: TlsaFault,
    } = "dane.tlsa-unusable", Warning, "RFC 7672 §3.1";
}
