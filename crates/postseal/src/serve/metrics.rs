use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use postseal_core::verdict::Verdict;
use postseal_dns::ask::AnswerCache;
use postseal_dns::serve::ServeCounts;
use postseal_milter::Snapshot;

use super::counters::{Durations, Family, write_labelled, write_value};
use super::limits::LIMITS;
use crate::keys::HostedKeys;
use crate::verdicts::Counts;

/// What the node has done since it started, for Prometheus. Every counter is there from
/// the start, with 0, so that an alarm on one never waits for its first event.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Messages by what was done with them: the words of [`ACTIONS`].
    pub(crate) actions: Family,
    /// Own messages by what became of their signature: the words of [`SIGNING`].
    pub(crate) signing: Family,
    /// From the end of a message to its answer.
    pub(crate) decision: Durations,
    /// Where mail was let through against the Domain Owner's policy: [`EXCEPTIONS`].
    pub(crate) exceptions: Family,
    /// Limits that a message hit.
    pub(crate) limits: Family,
    /// What the mail server would break after signing: [`FRAGILE`].
    pub(crate) fragile: Family,
    /// Fields of strangers that claimed our authserv-id, removed.
    pub(crate) forged_fields: AtomicU64,
    /// Messages sealed (ARC).
    pub(crate) seals: AtomicU64,
    /// Messages of hosted domains signed although nobody sees the key that should sign.
    pub(crate) unseen_keys: AtomicU64,
    /// Reloads, by their end: `ok` or `failed`.
    pub(crate) reloads: Family,
    spf: Family,
    dkim: Family,
    arc: Family,
    dmarc: Family,
    dispositions: Family,
    /// Seconds since 1970.
    loaded_at: AtomicU64,
    signing_domains: AtomicU64,
    unusable_keys: AtomicU64,
    started_at: u64,
}

/// What is done with a judged message, and `own` for one that is not judged.
pub(crate) const ACTIONS: &[&str] = &["deliver", "tag", "quarantine", "defer", "reject", "own", "error"];

/// What becomes of own mail.
pub(crate) const SIGNING: &[&str] = &["signed", "unsigned", "foreign_author", "refused", "key_trouble"];

/// Why a failure has no consequence.
pub(crate) const EXCEPTIONS: &[&str] = &["trusted-chain", "allowed-pair"];

/// Lines over 998 octets, and 8-bit bodies: see docs/postfix.md.
pub(crate) const FRAGILE: &[&str] = &["long_line", "eight_bit"];

const SPF: &[&str] = &["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"];
const DKIM: &[&str] = &["none", "pass", "fail", "policy", "neutral", "temperror", "permerror"];
const ARC: &[&str] = &["none", "pass", "fail"];
const DMARC: &[&str] = &["none", "pass", "fail", "temperror", "permerror"];
const DISPOSITIONS: &[&str] = &["none", "pass", "quarantine", "reject"];

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let results = |name, help, words| Family::new(name, help, "result", words);
        Metrics {
            actions: Family::new(
                "postseal_messages_total",
                "Messages by what was done with them; own are those from inside, which are not judged.",
                "action",
                ACTIONS,
            ),
            signing: Family::new(
                "postseal_own_messages_total",
                "Messages from inside by what became of their signature.",
                "outcome",
                SIGNING,
            ),
            decision: Durations::new("postseal_decision_seconds", "From the end of a message to its answer."),
            exceptions: Family::new(
                "postseal_exceptions_total",
                "Messages accepted although the policy speaks against them.",
                "reason",
                EXCEPTIONS,
            ),
            limits: Family::new("postseal_limits_total", "Limits that a message hit.", "limit", LIMITS),
            fragile: Family::new(
                "postseal_fragile_messages_total",
                "Signed messages that the mail server may change afterwards, see docs/postfix.md.",
                "reason",
                FRAGILE,
            ),
            forged_fields: AtomicU64::new(0),
            seals: AtomicU64::new(0),
            unseen_keys: AtomicU64::new(0),
            reloads: results("postseal_reloads_total", "Reloads of the configuration.", &["ok", "failed"]),
            spf: results("postseal_spf_total", "SPF results for MAIL FROM.", SPF),
            dkim: results("postseal_dkim_total", "DKIM results, one for each signature.", DKIM),
            arc: results("postseal_arc_total", "Results of ARC chains.", ARC),
            dmarc: results("postseal_dmarc_total", "DMARC results.", DMARC),
            dispositions: Family::new(
                "postseal_dispositions_total",
                "What the Domain Owner's policy means for a message, before the receiver's settings.",
                "disposition",
                DISPOSITIONS,
            ),
            loaded_at: AtomicU64::new(now()),
            signing_domains: AtomicU64::new(0),
            unusable_keys: AtomicU64::new(0),
            started_at: now(),
        }
    }

    /// Counts what a verdict says.
    pub(crate) fn judged(&self, verdict: &Verdict) {
        self.spf.count(verdict.mail_from.result.as_str());
        for signature in &verdict.dkim {
            self.dkim.count(signature.result.as_str());
        }
        if verdict.dkim.is_empty() {
            self.dkim.count("none");
        }
        self.arc.count(verdict.arc.result.as_str());
        self.dmarc.count(verdict.dmarc.result.as_str());
        self.dispositions.count(verdict.dmarc.disposition.as_str());
    }

    /// A configuration has come into force.
    pub(crate) fn loaded(&self, signing_domains: usize) {
        self.loaded_at.store(now(), Ordering::Relaxed);
        self.signing_domains.store(signing_domains as u64, Ordering::Relaxed);
    }

    /// How many keys of the configuration in force cannot be used, as far as was seen.
    pub(crate) fn unusable_keys(&self, count: u64) {
        self.unusable_keys.store(count, Ordering::Relaxed);
    }

    /// All of it. `milter` are the counters of the sessions, `answers` those of the DNS.
    pub(crate) fn write(
        &self,
        milter: &Snapshot,
        answers: &AnswerCache,
        hosted: Option<&HostedKeys>,
    ) -> String {
        let mut out = String::with_capacity(16 * 1024);
        for family in [
            &self.actions,
            &self.signing,
            &self.spf,
            &self.dkim,
            &self.arc,
            &self.dmarc,
            &self.dispositions,
            &self.exceptions,
            &self.limits,
            &self.fragile,
            &self.reloads,
        ] {
            family.write(&mut out);
        }
        self.decision.write(&mut out);
        self.write_values(&mut out);
        if let Some(hosted) = hosted {
            write_hosted(&mut out, hosted);
        }
        write_dns(&mut out, answers);
        write_milter(&mut out, milter);
        write_process(&mut out, self.started_at);
        out
    }

    fn write_values(&self, out: &mut String) {
        let get = |value: &AtomicU64| value.load(Ordering::Relaxed);
        write_value(
            out,
            "postseal_forged_fields_removed_total",
            "Fields that claimed our authserv-id, removed.",
            "counter",
            get(&self.forged_fields),
        );
        write_value(out, "postseal_seals_total", "Messages sealed (ARC).", "counter", get(&self.seals));
        write_value(
            out,
            "postseal_signing_domains",
            "Domains that are configured to sign.",
            "gauge",
            get(&self.signing_domains),
        );
        write_value(
            out,
            "postseal_unseen_keys_total",
            "Messages signed although nobody sees the key that should sign.",
            "counter",
            get(&self.unseen_keys),
        );
        write_value(
            out,
            "postseal_unusable_keys",
            "Keys that could not be used when they were last looked at.",
            "gauge",
            get(&self.unusable_keys),
        );
        write_value(
            out,
            "postseal_config_loaded_timestamp_seconds",
            "When the configuration in force was read.",
            "gauge",
            get(&self.loaded_at),
        );
    }
}

/// What has become of verdicts, and how many octets of them wait on disk.
pub(super) fn write_verdicts(out: &mut String, counts: &Counts, on_disk: u64) {
    let get = |value: &AtomicU64| value.load(Ordering::Relaxed);
    for (name, help, value) in [
        ("postseal_verdicts_queued_total", "Judged messages of which a verdict is kept.", &counts.queued),
        ("postseal_verdicts_spooled_total", "Verdicts written to disk.", &counts.spooled),
        ("postseal_verdicts_stored_total", "Verdicts stored.", &counts.stored),
    ] {
        write_value(out, name, help, "counter", get(value));
    }
    let (name, help) = ("postseal_verdicts_dropped_total", "Verdicts that gave way to newer ones, by where.");
    let dropped = [("queue", get(&counts.dropped_in_queue)), ("spool", get(&counts.dropped_in_spool))];
    write_labelled(out, name, help, "where", dropped.into_iter());
    let (name, help) = ("postseal_verdicts_spool_bytes", "What waits on disk to be stored.");
    write_value(out, name, help, "gauge", on_disk);
}

/// Of hosted keys; nothing where the settings name no store.
fn write_hosted(out: &mut String, hosted: &HostedKeys) {
    let snapshot = hosted.current();
    let mut gauge = |name: &str, help: &str, value: u64| write_value(out, name, help, "gauge", value);
    gauge("postseal_hosted_domains", "Domains in this node's copy of the store.", snapshot.len() as u64);
    gauge(
        "postseal_alarmed_domains",
        "Hosted domains whose key nobody sees, or for which another key stands in.",
        snapshot.alarmed() as u64,
    );
    gauge("postseal_store_open", "Whether the store is open.", u64::from(hosted.store_is_open()));
    gauge(
        "postseal_hosted_domains_complete",
        "Whether all hosted domains are known; if not, mail of the others waits.",
        u64::from(snapshot.is_complete()),
    );
    gauge("postseal_zone_serial", "The serial of the hosting zone.", u64::from(snapshot.serial()));
}

/// What the hosting zone's name server has answered.
pub(super) fn write_hosted_dns(out: &mut String, counts: &ServeCounts) {
    let (name, help) = ("postseal_hosted_dns_answers_total", "Answers for the hosting zone, by RCODE.");
    let answers = counts.answers();
    let words = RCODES.iter().enumerate().map(|(rcode, word)| (*word, answers[rcode]));
    write_labelled(out, name, help, "rcode", words);
    let (name, help) = ("postseal_hosted_dns_truncated_total", "Answers with TC, among the others too.");
    write_value(out, name, help, "counter", counts.truncated());
    let (name, help) =
        ("postseal_hosted_dns_silent_total", "What got no answer: no query, or above the rate.");
    write_value(out, name, help, "counter", counts.silent());
}

/// Those that the name server gives, by number (RFC 1035 §4.1.1).
const RCODES: [&str; 6] = ["noerror", "formerr", "servfail", "nxdomain", "notimp", "refused"];

/// They begin anew when other name servers come into force, as with a restart.
fn write_dns(out: &mut String, answers: &AnswerCache) {
    let (name, help) = ("postseal_dns_questions_total", "Questions sent, by what came of them.");
    write_labelled(out, name, help, "outcome", answers.asked());
    let (kept, octets) = answers.kept();
    write_value(out, "postseal_dns_cache_answers", "Answers that are kept.", "gauge", kept);
    write_value(out, "postseal_dns_cache_bytes", "What they take, estimated.", "gauge", octets);
}

fn write_milter(out: &mut String, milter: &Snapshot) {
    let mut write =
        |name: &str, help: &str, kind: &str, value: u64| write_value(out, name, help, kind, value);
    write("postseal_connections_total", "Connections of mail servers.", "counter", milter.accepted);
    write("postseal_connections", "Connections open now.", "gauge", milter.open);
    write("postseal_connections_declined_total", "Connections closed at once.", "counter", milter.declined);
    write("postseal_accept_errors_total", "Times that accepting failed.", "counter", milter.accept_errors);
    write("postseal_messages_answered_total", "Messages answered.", "counter", milter.messages);
    write(
        "postseal_messages_aborted_total",
        "Messages given up before an answer.",
        "counter",
        milter.aborted,
    );
    write(
        "postseal_panics_total",
        "Faults of the program, all caught; report any.",
        "counter",
        milter.panics,
    );
    write(
        "postseal_protocol_errors_total",
        "Connections on which the mail server broke the protocol.",
        "counter",
        milter.protocol_errors,
    );
    write("postseal_timeouts_total", "Connections closed for silence.", "counter", milter.timeouts);
    write(
        "postseal_late_decisions_total",
        "Messages answered 451 because the decision took too long.",
        "counter",
        milter.late_decisions,
    );
    write(
        "postseal_sessions_cut_total",
        "Sessions cut when a stop had lasted long enough.",
        "counter",
        milter.cut,
    );
    write(
        "postseal_edits_left_out_total",
        "Changes that the mail server does not allow, left out.",
        "counter",
        milter.edits_left_out,
    );
}

/// The names that Prometheus client libraries use, from /proc; left out where it is not there.
fn write_process(out: &mut String, started_at: u64) {
    write_value(out, "process_start_time_seconds", "When the process started.", "gauge", started_at);
    if let Some(seconds) = cpu_seconds() {
        write_value(out, "process_cpu_seconds_total", "CPU time, of user and system.", "counter", seconds);
    }
    if let Some(octets) = resident_octets() {
        write_value(out, "process_resident_memory_bytes", "Resident memory.", "gauge", octets);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them is that of the directory itself.
        let open = open.count().saturating_sub(1);
        write_value(out, "process_open_fds", "Open file descriptors.", "gauge", open);
    }
}

/// The 14th and 15th value of proc_pid_stat(5), counted behind the name in brackets, the 2nd.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let mut values = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || values.next()?.parse::<u32>().ok();
    let ticks = f64::from(ticks()?) + f64::from(ticks()?);
    let per_second = u32::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    Some(ticks / f64::from(per_second))
}

fn resident_octets() -> Option<u64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

#[cfg(test)]
mod tests {
    use postseal_core::arc::ArcResult;
    use postseal_core::dkim::DkimResult;
    use postseal_core::dmarc::{Disposition, DmarcResult};
    use postseal_core::spf::SpfResult;
    use postseal_dns::ask::Resolver;

    use super::*;

    /// As RFC 8601 and RFC 9990 have them, so that no result goes uncounted.
    #[test]
    fn every_result_has_a_counter() {
        use SpfResult as S;
        for result in [S::None, S::Neutral, S::Pass, S::Fail, S::Softfail, S::Temperror, S::Permerror] {
            assert!(SPF.contains(&result.as_str()));
        }
        use DkimResult as K;
        for result in [K::None, K::Pass, K::Fail, K::Policy, K::Neutral, K::Temperror, K::Permerror] {
            assert!(DKIM.contains(&result.as_str()));
        }
        for result in [ArcResult::None, ArcResult::Pass, ArcResult::Fail] {
            assert!(ARC.contains(&result.as_str()));
        }
        use DmarcResult as D;
        for result in [D::None, D::Pass, D::Fail, D::Temperror, D::Permerror] {
            assert!(DMARC.contains(&result.as_str()));
        }
        use Disposition as P;
        for disposition in [P::None, P::Pass, P::Quarantine, P::Reject] {
            assert!(DISPOSITIONS.contains(&disposition.as_str()));
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let metrics = Metrics::new();
        metrics.loaded(3);
        metrics.reloads.count("failed");
        let answers = AnswerCache::new(Resolver::new(&[]), 1_000_000);
        let text = metrics.write(&Snapshot { accepted: 7, ..Snapshot::default() }, &answers, None);
        for line in [
            "postseal_signing_domains 3",
            "postseal_reloads_total{result=\"failed\"} 1",
            "postseal_reloads_total{result=\"ok\"} 0",
            "postseal_connections_total 7",
            "postseal_dns_questions_total{outcome=\"servfail\"} 0",
            "postseal_dns_cache_answers 0",
            "postseal_panics_total 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').expect("name and value");
            assert!(name.starts_with("postseal_") || name.starts_with("process_"), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
        // Each name is described once, before its first value.
        let described: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        let mut unique = described.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), described.len());
    }
}
