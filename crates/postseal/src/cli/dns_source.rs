use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dns::{Answer, AnswerSource, Answers, DomainName, Failure, Missing, Outcome};
use postseal_dns::ask::{AnswerCache, Resolver, Stalled, drive};
use postseal_dns::master_file::{MAX_FILE, MasterFile, MasterFileError, Wrong, Zones};
use tokio::task::JoinSet;

use super::args::DnsArgs;
use super::problem::Problem;
use super::terminal::Terminal;
use super::trace::RecordedAnswers;
use crate::words::{Lang, say};
use crate::words::{master_file_finding, master_file_next_step, master_file_wrong};

/// Octets of answers that one command keeps.
const CACHE: u64 = 4 << 20;

/// What one item of [`DnsSource::drive_each`] may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Time that the DNS may take for one item.
    pub(super) time: Duration,
    /// DNS questions for one item.
    pub(super) queries: u16,
    /// Items at the same time.
    pub(super) at_once: usize,
}

/// The answers that a result stands on, in order.
pub(super) type Trace = Vec<Arc<Answer>>;

/// Where a command's DNS answers come from.
pub(super) enum DnsSource {
    /// Name servers.
    Resolver(Arc<AnswerCache>),
    /// Zone files and nothing else.
    Zones(Zones),
    /// The answers of an earlier verdict and nothing else.
    Recorded(Box<RecordedAnswers>),
}

impl DnsSource {
    /// As the arguments say; the system's name servers where they say nothing.
    pub(super) fn new(args: &DnsArgs, terminal: &Terminal) -> Result<DnsSource, Problem> {
        if !args.zone.is_empty() {
            return DnsSource::of_zones(args, terminal);
        }
        let resolver = match args.resolver {
            Some(server) => Resolver::new(&[server]),
            None => Resolver::from_system().map_err(|error| {
                Problem::with_next(
                    say!(terminal.lang, "{error}", "システムの DNS 設定を使えません: {error}"),
                    say!(
                        terminal.lang,
                        "Name a server with --resolver IP:PORT, or give the records with --zone FILE.",
                        "--resolver IP:PORT で DNS サーバーを指定するか、--zone FILE でレコードを与えてください。"
                    ),
                )
            })?,
        };
        Ok(DnsSource::Resolver(Arc::new(AnswerCache::new(resolver, CACHE))))
    }

    fn of_zones(args: &DnsArgs, terminal: &Terminal) -> Result<DnsSource, Problem> {
        let mut zones = Zones::new();
        for path in &args.zone {
            let file = read_zone(path, terminal.lang)?;
            for finding in &file.findings {
                terminal.remark(&format!(
                    "{}:{}: {}",
                    path.display(),
                    finding.line,
                    master_file_finding(&finding.kind, terminal.lang)
                ));
            }
            zones.add(&file);
        }
        Ok(DnsSource::Zones(zones))
    }

    /// The name servers that are asked; `None` where nobody is.
    pub(super) fn resolvers(&self) -> Option<Vec<SocketAddr>> {
        match self {
            DnsSource::Resolver(cache) => Some(cache.resolver().servers().collect()),
            DnsSource::Zones(_) | DnsSource::Recorded(_) => None,
        }
    }

    /// Calls `step` until it has its result, asking what is missing for at most `time`.
    /// Returns the result; `inspect` sees the answers that were used.
    pub(super) fn drive<T, R>(
        &self,
        time: Duration,
        lang: Lang,
        step: impl FnMut(&mut Answers<'_>) -> Result<T, Missing>,
        inspect: impl FnOnce(T, &Answers<'_>) -> R,
    ) -> Result<R, Problem> {
        match self {
            DnsSource::Resolver(cache) => drive_network(cache, time, lang, step, inspect),
            DnsSource::Zones(zones) => at_hand(zones, lang, step, inspect),
            DnsSource::Recorded(recorded) => at_hand(recorded.as_ref(), lang, step, inspect),
        }
    }

    /// As [`DnsSource::drive`] for many items, some of them at the same time: the
    /// results in the order of the items, each with the answers that were used.
    pub(super) fn drive_each<I, T>(
        &self,
        items: Vec<I>,
        budget: Budget,
        lang: Lang,
        step: impl Fn(&I, &mut Answers<'_>) -> Result<T, Missing> + Copy + Send + Sync + 'static,
    ) -> Result<Vec<(T, Trace)>, Problem>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        match self {
            DnsSource::Resolver(cache) => {
                let driven = runtime(lang)?.block_on(each(cache, items, budget, step));
                driven.map_err(|Stalled| Problem::fault(lang))
            }
            DnsSource::Zones(zones) => each_at_hand(zones, &items, budget, lang, step),
            DnsSource::Recorded(recorded) => each_at_hand(recorded.as_ref(), &items, budget, lang, step),
        }
    }

    /// What a reader should know about a name that was asked for: zone files are
    /// the only source, and none of them speaks about it.
    pub(super) fn note(&self, name: &DomainName, lang: Lang) -> Option<String> {
        match self {
            DnsSource::Zones(zones) if !zones.covers(name) => Some(say!(
                lang,
                "{name} is in no zone file that was given, so it counts as not existing",
                "{name} は指定したどのゾーンファイルにもないため、存在しないものとして扱いました"
            )),
            DnsSource::Zones(_) | DnsSource::Resolver(_) | DnsSource::Recorded(_) => None,
        }
    }

    /// What a reader should know about the answers that were used.
    pub(super) fn notes(&self, trace: &[Arc<Answer>], lang: Lang) -> Vec<String> {
        let is_above = |name: &&DomainName| matches!(self, DnsSource::Zones(z) if z.lies_above(name));
        let is_uncovered = |name: &&DomainName| matches!(self, DnsSource::Zones(z) if !z.covers(name));
        let mut names: Vec<&DomainName> = trace
            .iter()
            .map(|a| &a.question.name)
            .filter(|name| !is_above(name) && is_uncovered(name))
            .collect();
        names.sort_by_key(|name| (name.label_count(), *name));
        // A name below one that is told needs no telling.
        let mut told: Vec<&DomainName> = Vec::new();
        for name in names {
            if !told.iter().any(|above| name.is_at_or_below(above)) {
                told.push(name);
            }
        }
        let silence = self.silence(trace, lang);
        told.into_iter().filter_map(|name| self.note(name, lang)).chain(silence).collect()
    }

    /// What to look at where not one answer came.
    fn silence(&self, trace: &[Arc<Answer>], lang: Lang) -> Option<String> {
        let DnsSource::Resolver(cache) = self else { return None };
        let no_answer = |answer: &Arc<Answer>| {
            let silent = [Failure::Timeout, Failure::Unreachable, Failure::TimeLimit];
            silent.iter().any(|failure| answer.outcome == Outcome::Failure(*failure))
        };
        if trace.is_empty() || !trace.iter().all(no_answer) {
            return None;
        }
        let servers: Vec<String> = cache.resolver().servers().map(|server| server.to_string()).collect();
        let servers = servers.join(", ");
        Some(say!(
            lang,
            "no answer came from {servers}: is the network up? --resolver IP:PORT names another server, --zone FILE needs none",
            "{servers} から回答がありませんでした。ネットワークを確認してください。--resolver IP:PORT で別のサーバーを、--zone FILE でネットワークなしの判定を指定できます"
        ))
    }
}

fn drive_network<T, R>(
    cache: &Arc<AnswerCache>,
    time: Duration,
    lang: Lang,
    step: impl FnMut(&mut Answers<'_>) -> Result<T, Missing>,
    inspect: impl FnOnce(T, &Answers<'_>) -> R,
) -> Result<R, Problem> {
    let runtime = runtime(lang)?;
    let ready = cache.now();
    let mut answers = Answers::new(&ready);
    let driven = runtime.block_on(drive(&mut answers, cache, time, step));
    // Queries that were given up are not waited for.
    runtime.shutdown_background();
    driven.map(|result| inspect(result, &answers)).map_err(|_| Problem::fault(lang))
}

pub(super) fn runtime(lang: Lang) -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Problem::new(say!(lang, "the network cannot be used: {error}", "ネットワークを使えません: {error}"))
    })
}

/// Drives all items, at most so many at the same time.
async fn each<I, T>(
    cache: &Arc<AnswerCache>,
    items: Vec<I>,
    budget: Budget,
    step: impl Fn(&I, &mut Answers<'_>) -> Result<T, Missing> + Copy + Send + Sync + 'static,
) -> Result<Vec<(T, Trace)>, Stalled>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
{
    let mut results: Vec<Option<(T, Trace)>> = items.iter().map(|_| None).collect();
    let mut waiting = items.into_iter().enumerate();
    let mut under_way = JoinSet::new();
    loop {
        for (place, item) in waiting.by_ref().take(budget.at_once - under_way.len()) {
            let cache = Arc::clone(cache);
            under_way.spawn(async move {
                let ready = cache.now();
                let mut answers = Answers::new(&ready).with_limit(budget.queries);
                let result = drive(&mut answers, &cache, budget.time, |answers| step(&item, answers)).await;
                result.map(|result| (place, (result, answers.trace().to_vec())))
            });
        }
        let Some(finished) = under_way.join_next().await else { break };
        // A step that panics is a fault like one that stalls.
        let (place, result) = finished.map_err(|_| Stalled)??;
        results[place] = Some(result);
    }
    results.into_iter().map(|result| result.ok_or(Stalled)).collect()
}

/// As [`each`], where every answer is at hand.
fn each_at_hand<I, T>(
    source: &(dyn AnswerSource + Sync),
    items: &[I],
    budget: Budget,
    lang: Lang,
    step: impl Fn(&I, &mut Answers<'_>) -> Result<T, Missing>,
) -> Result<Vec<(T, Trace)>, Problem> {
    let one = |item: &I| {
        let mut answers = Answers::new(source).with_limit(budget.queries);
        let result = step(item, &mut answers).map_err(|Missing| Problem::fault(lang))?;
        Ok((result, answers.trace().to_vec()))
    };
    items.iter().map(one).collect()
}

/// Every answer is at hand: the first call has the result.
fn at_hand<T, R>(
    source: &(dyn AnswerSource + Sync),
    lang: Lang,
    mut step: impl FnMut(&mut Answers<'_>) -> Result<T, Missing>,
    inspect: impl FnOnce(T, &Answers<'_>) -> R,
) -> Result<R, Problem> {
    let mut answers = Answers::new(source);
    let result = step(&mut answers).map_err(|Missing| Problem::fault(lang))?;
    Ok(inspect(result, &answers))
}

fn read_zone(path: &Path, lang: Lang) -> Result<MasterFile, Problem> {
    let shown = path.display();
    let too_large = fs::metadata(path).is_ok_and(|m| m.len() > MAX_FILE as u64);
    let octets = if too_large { Ok(Vec::new()) } else { fs::read(path) };
    let octets = octets.map_err(|error| {
        Problem::with_next(
            say!(lang, "the zone file {shown} cannot be read: {error}", "ゾーンファイル {shown} を読み取れません: {error}"),
            say!(
                lang,
                "Give the path of a file with DNS records, as in: contoso.example. 3600 IN TXT \"v=spf1 -all\"",
                "DNS レコードを書いたファイルを指定してください。例: contoso.example. 3600 IN TXT \"v=spf1 -all\""
            ),
        )
    })?;
    let read = if too_large {
        Err(MasterFileError { line: 1, wrong: Wrong::TooLarge(MAX_FILE) })
    } else {
        MasterFile::read(&octets)
    };
    read.map_err(|error| {
        let what = format!("{shown}:{}: {}", error.line, master_file_wrong(&error.wrong, lang));
        match master_file_next_step(&error.wrong, lang) {
            Some(next) => Problem::with_next(what, next),
            None => Problem::new(what),
        }
    })
}
