use postseal_core::advice::{BadValue, Cause, KeyFault, PctReading, PolicyFault, PrivateRange};
use postseal_core::dns::Failure;

use super::finding::FindingWords;
use super::{
    bimi_obstacle, dns_failure, mta_sts_effect, mta_sts_fault, policy_unavailable, record_fault, term_error,
    tlsa_fault,
};
use crate::words::Lang;

/// The sentences of a finding in English: what is wrong, and what it does to mail.
pub(super) fn words(cause: &Cause) -> FindingWords {
    let (message, effect) = match cause {
        Cause::SpfMissing { broken: false } => (
            "The domain has no SPF record.".to_owned(),
            "Receiving servers cannot tell your servers from an impostor's. Many junk or refuse such mail; \
             Gmail and Yahoo refuse it where DKIM is missing too.",
        ),
        Cause::SpfMissing { broken: true } => (
            "No text record begins with \"v=spf1 \", so the domain has no SPF record.".to_owned(),
            "The record that was meant as one is ignored: receiving servers see a domain without SPF.",
        ),
        Cause::SpfMultiple { count } => (
            format!("There are {count} SPF records; a domain may have one."),
            "SPF ends in permerror for every message, as if nothing were authorised. Put all terms into one record.",
        ),
        Cause::SpfSyntax { term, error } => (
            match error {
                Some(error) => format!("\"{term}\" is not a valid term: {}.", term_error(*error, Lang::En)),
                None => {
                    format!("\"{term}\" is not the version of an SPF record: that is \"v=spf1\" and a blank.")
                }
            },
            "SPF ends in permerror for every message, whatever the other terms say.",
        ),
        Cause::SpfUnknownModifier { modifier, mechanism: true } => (
            format!(
                "\"{modifier}=\" is read as an unknown modifier; the mechanism is written \"{modifier}:\"."
            ),
            "The term is ignored, so what it was to authorise is not authorised.",
        ),
        Cause::SpfUnknownModifier { modifier, mechanism: false } => {
            (format!("Nobody knows the modifier \"{modifier}=\"."), "Receiving servers ignore it.")
        }
        Cause::SpfLookupLimit { lookups } => (
            format!("Evaluating the record takes {lookups} DNS look-ups; 10 are allowed."),
            "Receiving servers stop with permerror once they reach the eleventh: mail that passes today by an \
             early term goes through, all other mail fails.",
        ),
        Cause::SpfLookupNearLimit { lookups } => (
            format!("Evaluating the record takes {lookups} of the 10 DNS look-ups allowed."),
            "One more service, or one more include added by a provider, and SPF ends in permerror.",
        ),
        Cause::SpfVoidLimit { voids, target } => (
            format!("{voids} look-ups lead nowhere, the first of them {target}; 2 are allowed."),
            "Receiving servers may stop with permerror at the third void lookup.",
        ),
        Cause::SpfVoidLookup { voids, target } => (
            match voids {
                1 => format!("The look-up of {target} leads nowhere."),
                _ => format!("{voids} look-ups lead nowhere, the first of them {target}."),
            },
            "The term authorises nothing. A third void lookup would end SPF in permerror.",
        ),
        Cause::SpfIncludeMissing { target, redirect } => (
            match redirect {
                false => format!("The include's target {target} has no SPF record."),
                true => format!("The redirect's target {target} has no SPF record."),
            },
            "SPF ends in permerror as soon as this term is reached.",
        ),
        Cause::SpfLoop { target } => (
            format!("The record comes back to {target}, where it has been already."),
            "SPF ends in permerror for all mail that no earlier term matches.",
        ),
        Cause::SpfPassAll { term, included: false, .. } => (
            format!("\"{term}\" authorises every address on the Internet."),
            "Anybody passes SPF in your name, and with it DMARC.",
        ),
        Cause::SpfPassAll { term, at, included: true } => (
            format!("\"{term}\" in the record of {at} authorises every address on the Internet."),
            "Your record takes that over: anybody passes SPF in your name, and with it DMARC.",
        ),
        Cause::SpfNeutralAll => (
            "\"?all\" says nothing about servers that are not listed.".to_owned(),
            "An impostor's mail is neither passed nor failed by SPF; receiving servers treat it as if you had no record.",
        ),
        Cause::SpfNoAll => (
            "The record ends without \"all\" and without \"redirect=\".".to_owned(),
            "Servers that are not listed get neutral, as with \"?all\": SPF does not speak against impostors.",
        ),
        Cause::SpfAfterAll { terms } => (
            format!("\"{terms}\" stands after \"all\" and is never reached."),
            "What it was to authorise is not authorised.",
        ),
        Cause::SpfRedirectIgnored { term } => (
            format!("\"{term}\" is ignored, because the record has \"all\"."),
            "Nothing in the target's record counts for your domain.",
        ),
        Cause::SpfPtr { term } => (
            format!("\"{term}\": the mechanism ptr should not be published any more."),
            "It is slow and unreliable, and several receiving servers skip it. List addresses instead.",
        ),
        Cause::SpfTooBroad { addresses } => (
            format!("The record's own ip4 terms authorise {addresses} addresses."),
            "Whoever rents a machine in these ranges passes SPF in your name. Gmail calls such entries suspicious.",
        ),
        Cause::SpfPrivateAddress { term, range } => (
            format!("\"{term}\" is {}; no mail reaches another network from there.", private_range(*range)),
            "The term does nothing useful. Most often the public address of the same server is missing.",
        ),
        Cause::SpfDuplicateTerm { term } => (
            format!("\"{term}\" says what an earlier term says already."),
            "It changes nothing, but may cost a DNS look-up.",
        ),
        Cause::SpfMxLimit { target, count } => (
            format!("{target} has {count} mail exchanges; an mx term may meet 10."),
            "SPF ends in permerror when this term is reached.",
        ),
        Cause::SpfMacro { term, error } => (
            format!("\"{term}\" has a macro that cannot be read: {error}."),
            "SPF ends in permerror for every message, whatever the other terms say.",
        ),
        Cause::SpfType99 { same: true } => (
            "There is still a record of type SPF (99) beside the TXT record.".to_owned(),
            "No receiving server reads it any more. Remove it, so that the two cannot come to differ.",
        ),
        Cause::SpfType99 { same: false } => (
            "There is still a record of type SPF (99), and it does not say what the TXT record says."
                .to_owned(),
            "No receiving server reads it any more. Make sure that the TXT record is the right one, and remove it.",
        ),
        Cause::SpfTooLong { octets } => (
            format!("The answer with the domain's text records has {octets} octets; 512 fit plain UDP."),
            "The answer is cut short and asked for again over TCP; where TCP is blocked, SPF ends in temperror.",
        ),
        Cause::SpfStringJoin { left, right } => (
            format!(
                "Two strings of the record are joined without a blank: \"{left}\" and \"{right}\" become one term."
            ),
            "Receiving servers read the two as one. Put a blank at the end of the first string.",
        ),
        Cause::SpfOverlap { term, other } => (
            format!("\"{term}\" authorises addresses that \"{other}\" authorises too."),
            "It changes nothing. One of the two may be unnecessary.",
        ),
        Cause::SpfIncludeUnregistered { target, registrable } => (
            format!("The record trusts {target}, but {registrable} is not registered."),
            "Whoever registers it decides who may send in your name, and passes SPF and DMARC. Remove the term.",
        ),
        Cause::SpfQuotes => (
            "There are quotation marks inside the record.".to_owned(),
            "The quotation marks belong to the DNS host's form, not to the record: receiving servers do not \
             recognise the record or end in permerror.",
        ),
        Cause::SpfSenderNotAuthorized { ip, result } => (
            format!("Mail from {ip} gets SPF {result}."),
            "Messages that this server sends for the domain do not pass SPF. They pass DMARC only with an aligned DKIM signature.",
        ),

        Cause::DkimNoneFound { tried } => (
            format!("No DKIM key was found at the usual selectors ({tried})."),
            "If your mail is not signed, forwarded mail fails, and large receivers refuse bulk mail. If it is \
             signed, name the selector: it is the s= of a DKIM-Signature field.",
        ),
        Cause::DkimKeyMissing { selector } => (
            format!("There is no key at selector {selector}."),
            "Signatures made with this selector fail (no key for signature).",
        ),
        Cause::DkimKeySyntax { selector, fault } => (
            format!("The key record of selector {selector} cannot be used: {}.", key_fault(*fault)),
            "Signatures made with this selector end in permerror.",
        ),
        Cause::DkimKeyMultiple { selector, count } => (
            format!("There are {count} text records at selector {selector}; there may be one."),
            "Receiving servers pick one of them or none: signatures pass by luck.",
        ),
        Cause::DkimKeyRevoked { selector } => (
            format!("The key of selector {selector} is revoked: p= is empty."),
            "Signatures made with this selector do not pass. That is right for an old selector, wrong for one in use.",
        ),
        Cause::DkimKeyTestMode { selector } => (
            format!("The key of selector {selector} says t=y: testing."),
            "Receiving servers may treat signed mail as if it were not signed. Remove the flag once signing works.",
        ),
        Cause::DkimKeyTooShort { selector, bits } => (
            format!("The key of selector {selector} has {bits} bits; fewer than 1024 never pass."),
            "Signatures made with it fail everywhere, and the key can be broken by anybody. Make a key of 2048 bits.",
        ),
        Cause::DkimKey1024 { selector, bits } => (
            format!("The key of selector {selector} has {bits} bits; 2048 are advised."),
            "It passes today. Rotate to a key of 2048 bits before receivers stop accepting it.",
        ),
        Cause::DkimQuotes { selector } => (
            format!("There are quotation marks inside the key record of selector {selector}."),
            "The quotation marks belong to the DNS host's form, not to the record. Signatures end in permerror.",
        ),
        Cause::DkimKeySplit { selector } => (
            format!("Quotation marks stand between the halves of the key of selector {selector}."),
            "The DNS host took the two strings as one text: the key is broken and signatures end in permerror.",
        ),
        Cause::DkimHashSha1 { selector } => (
            format!("The key of selector {selector} allows sha1 alone (h=)."),
            "Signatures with sha256 do not fit the key, and those with sha1 never pass: no signature passes.",
        ),
        Cause::DkimService { selector, value } => (
            format!("The key of selector {selector} is not for email: s={value}."),
            "Signatures made with it do not pass. Remove the tag.",
        ),
        Cause::DkimEd25519Only { selector } => (
            format!("Selector {selector} has an Ed25519 key, and no RSA key was found beside it."),
            "Microsoft and many others read RSA only: there your mail counts as unsigned. Sign with an RSA key too.",
        ),
        Cause::DkimWildcard => (
            "Any name under _domainkey answers: there is a wildcard record.".to_owned(),
            "A missing key cannot be told from a wrong one, and selectors that do not exist seem to.",
        ),
        Cause::DkimCnameDangling { selector, target } => (
            format!("Selector {selector} is a CNAME to {target}, which does not exist."),
            "Signatures made with this selector fail. Enable signing at the provider, or correct the CNAME.",
        ),
        Cause::DkimCnameWrong { selector, target, expected } => (
            format!("Selector {selector} is a CNAME to {target}; by its form it should be {expected}."),
            "Receiving servers fetch another domain's or another selector's key: signatures fail.",
        ),
        Cause::DkimTxtNotCname { selector } => (
            format!("At selector {selector} stands a TXT record that is no key; a CNAME belongs there."),
            "Signatures made with this selector fail. Register the same value as a CNAME instead.",
        ),
        Cause::DkimProxied { selector, address } => (
            format!("At selector {selector} stands the address {address}; a CNAME belongs there."),
            "The DNS host answers with its proxy instead of the CNAME: signatures fail. Turn the proxy off for this record.",
        ),
        Cause::DkimDoubledSuffix { selector, found_at } => (
            format!("The key of selector {selector} is at {found_at}: the domain was added twice."),
            "Receiving servers find no key. Enter the host name without the domain at the end.",
        ),

        Cause::DmarcMissing { broken: false } => (
            "No DMARC policy applies to the domain.".to_owned(),
            "Impostors' mail is judged by each receiver as it likes; Gmail, Yahoo and Outlook.com refuse bulk mail \
             without DMARC; docomo shows its readers a warning.",
        ),
        Cause::DmarcMissing { broken: true } => (
            "No record counts as a DMARC record, so no policy applies to the domain.".to_owned(),
            "The record that was meant as one is ignored: receiving servers see a domain without DMARC.",
        ),
        Cause::DmarcMultiple { count } => (
            format!("There are {count} DMARC records at one name: none of them counts."),
            "Receiving servers see a domain without DMARC. Keep one.",
        ),
        Cause::DmarcSyntax { fault: PolicyFault::VersionNotFirst, .. } => {
            ("v=DMARC1 is not the first tag.".to_owned(), "Receiving servers ignore the whole record.")
        }
        Cause::DmarcSyntax { fault: PolicyFault::VersionMissing, .. } => (
            "The record does not begin with v=DMARC1.".to_owned(),
            "Receiving servers ignore the whole record.",
        ),
        Cause::DmarcSyntax { text, fault: PolicyFault::TagList } => (
            format!("\"{text}\" is not of the form tag=value, separated by \";\"."),
            "Receiving servers ignore this part or the whole record.",
        ),
        Cause::DmarcBadValue { tag, value, consequence } => (
            format!("\"{value}\" is not a value that {tag}= may have."),
            match consequence {
                BadValue::CountsAsNone => {
                    "The record counts as p=none: reports are sent, nothing is refused."
                }
                BadValue::NoRecord => "The record counts as no record at all.",
                BadValue::Discarded => "Receiving servers read the record as if the tag were absent.",
            },
        ),
        Cause::DmarcDuplicateTag { tag } => (
            format!("The tag {tag}= stands twice in the record."),
            "Some receiving servers take the first, some the second, some ignore the record.",
        ),
        Cause::DmarcAtApex => (
            "The DMARC record stands at the domain itself; it belongs at _dmarc.".to_owned(),
            "No receiving server looks for it there.",
        ),
        Cause::DmarcDoubledSuffix { found_at } => (
            format!("The DMARC record is at {found_at}: the domain was added twice."),
            "No receiving server looks for it there. Enter the host name _dmarc without the domain at the end.",
        ),
        Cause::DmarcQuotes => (
            "There are quotation marks inside the record.".to_owned(),
            "The quotation marks belong to the DNS host's form, not to the record: receiving servers ignore it or part of it.",
        ),
        Cause::DmarcCase { text, expected } => (
            format!("\"{text}\" must be written \"{expected}\"."),
            "The case matters here: receiving servers ignore the record.",
        ),
        Cause::DmarcTagOrder { second } => (
            format!("{second}= stands between v= and p=."),
            "RFC 9989 allows any order after v=, but receivers that follow the older RFC 7489 may ignore the record.",
        ),
        Cause::DmarcPolicyMissing => (
            "The record has no p=, or an empty one.".to_owned(),
            "Receivers that follow RFC 9989 read p=none; older ones may ignore the record.",
        ),
        Cause::DmarcPolicyNone => (
            "The policy is none: monitoring only.".to_owned(),
            "Mail that fails DMARC is delivered as before. Read the reports, then go on to quarantine and reject.",
        ),
        Cause::DmarcPct { value, reading } => (
            format!("pct={value}: the tag was removed from DMARC in 2026 (RFC 9989)."),
            match reading {
                PctReading::TestMode => {
                    "pct=0 is read as t=y by some and ignored by others. Write t=y instead."
                }
                PctReading::Nothing => "pct=100 was the default and says nothing. Remove it.",
                PctReading::FullEnforcement => {
                    "The policy applies to all failing mail, not to a part of it. Remove the tag."
                }
                PctReading::Unreadable => "It is ignored. Remove the tag.",
            },
        ),
        Cause::DmarcRemovedTag { tag } => (
            format!("The tag {tag}= was removed from DMARC in 2026 (RFC 9989)."),
            "It is ignored. Remove it.",
        ),
        Cause::DmarcUnknownTag { tag } => (format!("Nobody knows the tag {tag}=."), "It is ignored."),
        Cause::DmarcTestMode => (
            "t=y: the policy is being tested.".to_owned(),
            "Receivers apply one step less: quarantine instead of reject, none instead of quarantine.",
        ),
        Cause::DmarcRuaMissing => (
            "The record has no rua=: nobody gets aggregate reports.".to_owned(),
            "You do not learn which of your mail fails, nor who sends in your name.",
        ),
        Cause::DmarcRuaSyntax { address, bare_address: true } => (
            format!("\"{address}\" is an address, not a URI: \"mailto:\" is missing."),
            "No reports are sent there.",
        ),
        Cause::DmarcRuaSyntax { address, bare_address: false } => (
            format!("\"{address}\" is not a URI to which reports can be sent."),
            "No reports are sent there.",
        ),
        Cause::DmarcRuaUnauthorized { outside, permission } => (
            format!("{outside} has not published that it takes reports for you: {permission} is missing."),
            "Report generators send nothing to this address. The operator of the outside domain must publish the record.",
        ),
        Cause::DmarcRuaSize { limit } => {
            (format!("The size limit \"{limit}\" is obsolete."), "Report generators ignore it.")
        }
        Cause::DmarcWeakerSubdomain { tag, value, policy } => (
            match *tag {
                "np" => {
                    format!("np={value} is weaker than p={policy}: it applies to names that do not exist.")
                }
                _ => format!("{tag}={value} is weaker than p={policy}: it applies to subdomains."),
            },
            "Impostors use a subdomain instead of the domain.",
        ),
        Cause::DmarcInherited { policy_domain, policy, tag, walk } => (
            format!("The policy comes from {policy_domain} ({tag}={policy}); names asked: {walk}."),
            "What the parent publishes decides about this domain's mail.",
        ),
        Cause::DmarcRfc7489Differs { organization, old_organization, policy, old_policy } => (
            format!(
                "RFC 9989 finds {organization} and {}; RFC 7489, by the public suffix list, finds {old_organization} and {}.",
                policy_or_nothing(*policy),
                policy_or_nothing(*old_policy)
            ),
            match policy == old_policy {
                true => {
                    "Until all receivers follow RFC 9989, they do not agree which signatures and which MAIL FROM \
                     domains align. A DMARC record at the domain that RFC 7489 finds settles it."
                }
                false => {
                    "Until all receivers follow RFC 9989, they do not agree about this domain. A record at the \
                     domain itself settles it."
                }
            },
        ),
        Cause::DmarcEnforcedUnprepared { policy } => (
            format!("The policy is {policy}, but neither SPF nor DKIM can align."),
            "All mail of the domain fails DMARC, yours too. Set up SPF and DKIM first, or begin with p=none.",
        ),

        Cause::DnsTtlShort { record_type, ttl } => (
            format!(
                "The {record_type} record may be kept for {ttl} seconds only; one hour (3600) is advised."
            ),
            "Receiving servers ask for it again and again, and a short failure of your DNS becomes temperror.",
        ),
        Cause::DnsError { record_type, failure } => (
            format!(
                "The question for {record_type} got no usable answer: {}.",
                dns_failure(*failure, Lang::En)
            ),
            "Receiving servers that see the same end in temperror and deliver later, or not as you wish.",
        ),
        Cause::DnsServersDiffer { record_type, said } => (
            format!("The domain's name servers do not agree about the {record_type} record. {said}"),
            "Which answer a receiving server gets is chance: mail passes here and fails there. Right after a \
             change this passes by itself; otherwise a secondary server does not get the zone.",
        ),
        Cause::DnsServerSilent { server } => (
            format!("The name server {server} gives no answer."),
            "Receiving servers that ask it wait and try another; if that one fails too, the result is temperror.",
        ),
        Cause::NsLame { server, failure: Failure::ServFail } => (
            format!("The name server {server} is named for the zone, but answers SERVFAIL."),
            "It has no usable copy of the zone. Receiving servers that ask it may end in temperror.",
        ),
        Cause::NsLame { server, .. } => (
            format!(
                "The name server {server} is named for the zone, but does not serve it: it refuses, or answers \
                 without the AA bit."
            ),
            "Receiving servers that ask it must try another, or end in temperror. Have it serve the zone, or remove its NS record.",
        ),
        Cause::DnssecBogus { record_type } => (
            format!(
                "The question for {record_type} fails by DNSSEC: without the check the same question is answered."
            ),
            "For every receiving server whose resolver validates, the record does not exist: SPF, DKIM and DMARC end \
             in temperror. Sign the zone anew, or have the DS record corrected.",
        ),
        Cause::DaneTlsaUnusable { fault } => (
            tlsa_fault(*fault, Lang::En),
            "Senders that use DANE ignore the record, or, where no other one is usable, encrypt without checking whom they talk to.",
        ),
        Cause::MxMissing { address: true } => (
            "The domain has no MX record; its address record takes the mail.".to_owned(),
            "Replies and bounces go to that address. If the domain takes no mail, publish a null MX.",
        ),
        Cause::MxMissing { address: false } => (
            "The domain has no MX record.".to_owned(),
            "Replies and bounces cannot be delivered, and some receivers refuse mail from such a domain.",
        ),
        Cause::MxNull { sends: true } => (
            "The domain takes no mail (null MX), but its SPF record does not say \"v=spf1 -all\".".to_owned(),
            "Receivers may refuse mail from a domain that takes no replies. If it does not send either, publish \"v=spf1 -all\".",
        ),
        Cause::MxNull { sends: false } => (
            "The domain takes no mail (null MX) and sends none.".to_owned(),
            "Senders are told at once that the domain has no mailboxes.",
        ),
        Cause::MxCname { exchange, target } => (
            format!("The mail exchange {exchange} is an alias of {target}."),
            "An MX must name a host with an address; some servers do not deliver here. Name the target in the MX.",
        ),
        Cause::MxUnresolvable { exchange } => (
            format!("The mail exchange {exchange} has no address."),
            "Mail, replies and bounces cannot be delivered through it.",
        ),
        Cause::PtrMissing { ip } => (
            format!("{ip} has no PTR record."),
            "Gmail, Yahoo and many others refuse mail from an address without a name. Whoever gave you the address sets it.",
        ),
        Cause::PtrMismatch { ip, host } => (
            format!("{ip} is called {host}, but {host} does not lead back to {ip}."),
            "Gmail, Yahoo and many others refuse mail from such an address. Publish an address record for the name.",
        ),

        Cause::TlsrptMissing => (
            "The domain has no TLSRPT record.".to_owned(),
            "Nobody tells you when mail to your servers cannot be encrypted or your certificate is not accepted.",
        ),
        Cause::TlsrptSyntax { text, fault } => (
            record_fault("TLSRPT", text, *fault, Lang::En),
            "Senders ignore the record or this part of it: reports about failed encryption do not arrive.",
        ),
        Cause::MtaStsMissing { policy: None } => (
            "The domain has no MTA-STS record.".to_owned(),
            "Mail to you is encrypted where both sides can, but whoever sits in between can prevent that unnoticed. \
             The record is of use only with a policy file at https://mta-sts.DOMAIN/.well-known/mta-sts.txt.",
        ),
        Cause::MtaStsMissing { policy: Some(why) } => (
            policy_unavailable(why, Lang::En),
            "Senders that do not know your policy yet act as if you had none; the others keep to the old one until it ends. Mail is delivered.",
        ),
        Cause::MtaStsSyntax { text, fault } => {
            (mta_sts_fault(text, *fault, Lang::En), mta_sts_effect(*fault, Lang::En))
        }
        Cause::BimiSyntax { text, fault } => (
            record_fault("BIMI", text, *fault, Lang::En),
            "Receivers show no logo. Delivery does not change.",
        ),
        Cause::BimiNotEnforced { obstacle } => (
            bimi_obstacle(*obstacle, Lang::En).to_owned(),
            "Receivers show no logo: BIMI asks for quarantine or reject on the whole domain. Delivery does not change.",
        ),
    };
    FindingWords { message, effect: effect.to_owned() }
}

fn private_range(range: PrivateRange) -> &'static str {
    match range {
        PrivateRange::Private => "a private address",
        PrivateRange::Loopback => "the machine itself (loopback)",
        PrivateRange::LinkLocal => "a link-local address",
        PrivateRange::Documentation => "an address for documentation",
    }
}

fn key_fault(fault: KeyFault) -> &'static str {
    match fault {
        KeyFault::TagList => "it is not a list of tag=value separated by \";\"",
        KeyFault::Version => "v= is not DKIM1, or is not the first tag",
        KeyFault::KeyMissing => "p= is missing",
        KeyFault::KeyData => "p= does not hold a public key",
        KeyFault::Algorithm => "k= names an algorithm that DKIM does not know",
        KeyFault::Value => "a tag has a value that is not allowed",
    }
}

fn policy_or_nothing(policy: Option<&'static str>) -> String {
    match policy {
        Some(policy) => format!("the policy {policy}"),
        None => "no policy".to_owned(),
    }
}
