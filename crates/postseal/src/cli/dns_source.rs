use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dns::{Answer, AnswerSource, Answers, DomainName, Failure, Missing, Outcome};
use postseal_dns::ask::{AnswerCache, Resolver, Stalled, drive};
use postseal_dns::master_file::{Field, FindingKind, MAX_FILE, MasterFile, MasterFileError, Wrong, Zones};
use tokio::task::JoinSet;

use super::args::DnsArgs;
use super::lang::{Lang, say};
use super::problem::Problem;
use super::terminal::Terminal;
use super::trace::RecordedAnswers;

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
                    finding_text(&finding.kind, terminal.lang)
                ));
            }
            zones.add(&file);
        }
        Ok(DnsSource::Zones(zones))
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
                driven.map_err(|Stalled| stalled(lang))
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
        let mut names: Vec<&DomainName> =
            trace.iter().map(|a| &a.question.name).filter(|name| !is_above(name)).collect();
        names.sort();
        names.dedup();
        let silence = self.silence(trace, lang);
        names.into_iter().filter_map(|name| self.note(name, lang)).chain(silence).collect()
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
    driven.map(|result| inspect(result, &answers)).map_err(|_| stalled(lang))
}

fn runtime(lang: Lang) -> Result<tokio::runtime::Runtime, Problem> {
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
        let result = step(item, &mut answers).map_err(|Missing| stalled(lang))?;
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
    let result = step(&mut answers).map_err(|Missing| stalled(lang))?;
    Ok(inspect(result, &answers))
}

fn stalled(lang: Lang) -> Problem {
    Problem::with_next(
        say!(lang, "the evaluation stopped without a result", "判定が結果を出さずに止まりました"),
        say!(
            lang,
            "This is a fault in Postseal. Please report it with the message.",
            "これは Postseal の不具合です。メッセージを添えて報告してください。"
        ),
    )
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
        let what = format!("{shown}:{}: {}", error.line, wrong_text(&error.wrong, lang));
        match next_step(&error.wrong, lang) {
            Some(next) => Problem::with_next(what, next),
            None => Problem::new(what),
        }
    })
}

fn wrong_text(wrong: &Wrong, lang: Lang) -> String {
    if lang == Lang::En {
        return wrong.to_string();
    }
    match wrong {
        Wrong::TooLarge(max) => format!("ファイルが {max} オクテットを超えています"),
        Wrong::NotText => "テキストファイルではありません".to_owned(),
        Wrong::OpenQuote => "引用符が閉じられていません".to_owned(),
        Wrong::OpenParenthesis => "括弧が閉じられていません".to_owned(),
        Wrong::StrayParenthesis => "閉じ括弧に対応する開き括弧がありません".to_owned(),
        Wrong::BadEscape => "バックスラッシュに続く数字がオクテットを表していません".to_owned(),
        Wrong::NoOwner => "種別の前に名前がありません".to_owned(),
        Wrong::NoOrigin(name) => format!("名前 {name:?} には $ORIGIN が必要です"),
        Wrong::BadName(name) => format!("{name:?} はドメイン名ではありません"),
        Wrong::UnknownType(word) => format!("{word:?} はレコードの種別ではありません"),
        Wrong::NoType => "レコードの種別がありません".to_owned(),
        Wrong::Missing(field) => format!("{}がありません", field_text(*field)),
        Wrong::Bad { field, text } => format!("{text:?} は{}として正しくありません", field_text(*field)),
        Wrong::TooMuch(text) => format!("{text:?} はこの種別には余分です"),
        Wrong::UnknownDirective(word) => format!("{word:?} は知られていません"),
    }
}

fn field_text(field: Field) -> &'static str {
    match field {
        Field::Ipv4 => "IPv4 アドレス",
        Field::Ipv6 => "IPv6 アドレス",
        Field::Name => "名前",
        Field::Preference => "優先度 (ホスト名の前の数値)",
        Field::Number => "数値",
        Field::Text => "テキスト",
        Field::Hex => "16 進数の列",
        Field::Ttl => "TTL",
    }
}

fn next_step(wrong: &Wrong, lang: Lang) -> Option<String> {
    Some(match wrong {
        Wrong::NoOrigin(_) => say!(
            lang,
            "Put a line such as \"$ORIGIN contoso.example.\" at the top of the file, or write the whole name with a final dot.",
            "ファイルの先頭に「$ORIGIN contoso.example.」のような行を置くか、末尾にドットを付けた完全な名前を書いてください。"
        ),
        Wrong::UnknownType(_) | Wrong::NoType | Wrong::NoOwner => say!(
            lang,
            "A line has a name, a time to live, the class, a type and data: contoso.example. 3600 IN TXT \"v=spf1 -all\"",
            "一行には名前・TTL・クラス・種別・データを書きます: contoso.example. 3600 IN TXT \"v=spf1 -all\""
        ),
        Wrong::NotText => say!(
            lang,
            "Save it as UTF-8 text, one record a line.",
            "一行に一つのレコードを書き、UTF-8 のテキストとして保存してください。"
        ),
        Wrong::OpenQuote => say!(
            lang,
            "Close the quotation mark on the same line; a long text may be several quoted parts in parentheses.",
            "同じ行で引用符を閉じてください。長いテキストは、括弧の中で複数の引用部分に分けられます。"
        ),
        _ => return None,
    })
}

fn finding_text(kind: &FindingKind, lang: Lang) -> String {
    match kind {
        FindingKind::TypeSkipped(word) => {
            say!(
                lang,
                "{word} records are not used here; left out",
                "{word} レコードは使わないため、読み飛ばしました"
            )
        }
        FindingKind::ClassSkipped(word) => {
            say!(
                lang,
                "class {word} is not IN; left out",
                "クラス {word} は IN ではないため、読み飛ばしました"
            )
        }
        FindingKind::DirectiveSkipped(word) => say!(
            lang,
            "{word} is not followed; give the other file with another --zone",
            "{word} には従いません。別のファイルは --zone をもう一つ付けて指定してください"
        ),
        FindingKind::TakenAsAbsolute(name) => say!(
            lang,
            "there is no $ORIGIN, so {name:?} and the other names without a final dot were read as whole names",
            "$ORIGIN がないため、{name:?} など末尾にドットのない名前は完全な名前として読みました"
        ),
        FindingKind::OriginTwice(name) => say!(
            lang,
            "{name:?} has no final dot, so the origin was added to it once more",
            "{name:?} は末尾にドットがないため、オリジンがもう一度付け加えられました"
        ),
        FindingKind::JoinedWithoutBlanks => say!(
            lang,
            "several texts without quotation marks were joined without blanks; put the whole text in quotation marks",
            "引用符のない複数のテキストが空白なしで連結されました。テキスト全体を引用符で囲んでください"
        ),
        FindingKind::CutBySemicolon => say!(
            lang,
            "the text ends at the semicolon, where a comment begins; put it in quotation marks",
            "セミコロンからコメントになるため、テキストはそこで終わりました。引用符で囲んでください"
        ),
        FindingKind::LongString => say!(
            lang,
            "a text of more than 255 octets was split; some servers refuse it",
            "255 オクテットを超えるテキストを分割しました。拒否するサーバーもあります"
        ),
        FindingKind::CurlyQuotes => say!(
            lang,
            "curly quotation marks are part of the text; use straight ones (\")",
            "曲がった引用符はテキストの一部になります。まっすぐな引用符 (\") を使ってください"
        ),
        FindingKind::CnameBesideOthers(name) => say!(
            lang,
            "{name} has a CNAME beside other records, which DNS servers refuse",
            "{name} には CNAME と他のレコードがあります。DNS サーバーはこれを拒否します"
        ),
    }
}
