use std::future::{Future, pending, poll_fn};
use std::io::Write as _;
use std::pin::pin;
use std::task::Poll;

use clap::Args;
use serde::Serialize;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Status;
use super::problem::Problem;
use super::terminal::{Paint, Terminal};
use crate::sandbox::{Event, Pages, PagesError, Reporter, Step, walk};
use crate::words::{Lang, say};

/// Walk the whole way on this machine: a domain without records becomes one that nobody can forge
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SandboxArgs {
    /// Go through all steps and tell them as a text
    #[arg(long)]
    script: bool,
}

const EXAMPLES: &str = "\
Examples:
  postseal sandbox
  postseal sandbox --script
  postseal sandbox --script --lang ja

Nothing leaves this machine and nothing stays on it: a DNS host, a provider that signs, a receiver, a forwarder and an impostor
run on the loopback interface for as long as the walk lasts. Without --script, an address is printed: open it in a browser,
and the walk is yours, in twelve chapters.";

pub(super) fn run(args: &SandboxArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new(error.to_string()))?;
    if args.script { run_script(&runtime, terminal) } else { run_pages(&runtime, terminal) }
}

/// Serves the pages until Ctrl-C or SIGTERM.
fn run_pages(runtime: &Runtime, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    runtime.block_on(async {
        let Some(pages) = unless_told_to_end(Pages::start()).await else { return Ok(Status::Good) };
        let pages = pages.map_err(|error: PagesError| {
            Problem::new(say!(lang, "the sandbox does not start: {error}", "サンドボックスを開始できません: {error}"))
        })?;
        let url = pages.url().to_owned();
        let shown = if terminal.json {
            terminal.print_json(&Opened { url })
        } else {
            terminal.print(&say!(
                lang,
                "The sandbox is open. Open this address in a browser (it is for this run and this machine only):\n\n  {}\n\nThe page leads through twelve short chapters. Ctrl-C ends it and leaves nothing behind.\n",
                "サンドボックスを開きました。次のアドレスをブラウザーで開いてください(このコンピューターで、今回の実行中だけ有効です)。\n\n  {}\n\n12 の短い章に沿って進みます。Ctrl-C で終了します。あとには何も残りません。\n",
                terminal.paint().strong(&url)
            ))
        };
        if shown.is_ok() {
            unless_told_to_end(pending::<()>()).await;
        }
        pages.stop().await;
        shown.map(|()| Status::Good)
    })
}

/// Where the pages are.
#[derive(Serialize)]
struct Opened {
    url: String,
}

fn run_script(runtime: &Runtime, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let mut told = Told { json: terminal.json, paint: terminal.paint(), lang, steps: Vec::new() };
    let Some(walked) = runtime.block_on(unless_told_to_end(walk(lang, &mut told))) else {
        return Err(Problem::new(say!(lang, "the walk was broken off", "途中で中断しました")));
    };
    if terminal.json {
        let trouble = walked.as_ref().err().map(ToString::to_string);
        terminal.print_json(&Output { passed: walked.is_ok(), trouble, steps: &told.steps })?;
    }
    match walked {
        Ok(()) if terminal.json => Ok(Status::Good),
        Ok(()) => {
            let end = say!(
                lang,
                "The walk is done: every step was as it should be.",
                "すべての手順が期待どおりに完了しました。"
            );
            terminal.print(&format!("\n{}\n", terminal.paint().good(&end)))?;
            Ok(Status::Good)
        }
        Err(error) => {
            let problem = say!(lang, "the walk ends here: {error}", "ここで中断しました: {error}");
            let label = terminal.error_paint().bad(lang.pick("error", "エラー"));
            let _ = writeln!(std::io::stderr().lock(), "{label}: {problem}");
            Ok(Status::Bad)
        }
    }
}

/// `None` where Ctrl-C or SIGTERM comes first; what was begun is dropped then, and its directory with it.
async fn unless_told_to_end<T>(work: impl Future<Output = T>) -> Option<T> {
    let (mut interrupt, mut terminate) =
        (signal(SignalKind::interrupt()).ok(), signal(SignalKind::terminate()).ok());
    let mut work = pin!(work);
    poll_fn(|context| {
        let mut told = |signal: &mut Option<Signal>| {
            signal.as_mut().is_some_and(|signal| signal.poll_recv(context).is_ready())
        };
        if told(&mut interrupt) || told(&mut terminate) {
            return Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[derive(Serialize)]
struct Output<'t> {
    passed: bool,
    trouble: Option<String>,
    steps: &'t [ToldStep],
}

#[derive(Serialize)]
struct ToldStep {
    #[serde(flatten)]
    step: Step,
    events: Vec<Event>,
}

/// Tells each step as it is done, or keeps it for the JSON at the end.
struct Told {
    json: bool,
    paint: Paint,
    lang: Lang,
    steps: Vec<ToldStep>,
}

impl Reporter for Told {
    fn step(&mut self, step: &Step) {
        let heading = format!("{}. {}", step.number, step.title);
        self.say(&format!("\n{}\n{}\n", self.paint.strong(&heading), indented(&step.text, "   ")));
        self.steps.push(ToldStep { step: step.clone(), events: Vec::new() });
    }

    fn event(&mut self, event: &Event) {
        self.say(&self.text_of(event));
        if let Some(step) = self.steps.last_mut() {
            step.events.push(event.clone());
        }
    }
}

impl Told {
    fn say(&self, text: &str) {
        if !self.json {
            // Where nobody reads, the walk is still walked.
            let _ = writeln!(std::io::stdout().lock(), "{text}");
        }
    }

    fn text_of(&self, event: &Event) -> String {
        let paint = self.paint;
        match event {
            Event::Command { line, output, .. } => {
                format!(
                    "   {}\n{}\n",
                    paint.strong(&format!("$ {line}")),
                    indented(output.trim_end(), "   │ ")
                )
            }
            Event::Registered { record } => {
                let label = self.lang.pick("registered", "登録");
                format!("   {} {record}\n", paint.good(&format!("+ {label}")))
            }
            Event::Mail { sender, author, recipient, place, detail, fields } => {
                let who = match *sender {
                    "impostor" => self.lang.pick("the impostor, as", "なりすまし、差出人:"),
                    _ => self.lang.pick("Anne, as", "Anne、差出人:"),
                };
                let (place, good) = match *place {
                    "inbox" => (self.lang.pick("delivered", "配信"), true),
                    "quarantine" => (self.lang.pick("set aside", "検疫"), false),
                    _ => (self.lang.pick("refused", "拒否"), false),
                };
                let place = if good { paint.good(place) } else { paint.warn(place) };
                let mut text = format!("   ✉ {who} {author} → {recipient}: {place}\n");
                for line in std::iter::once(detail).chain(fields).filter(|line| !line.is_empty()) {
                    text.push_str(&indented(&without_octets(line), "     "));
                    text.push('\n');
                }
                text
            }
            Event::Seen { text } => format!("   {} {text}", paint.good("✓")),
        }
    }
}

/// A signature's value is of no use to a reader but for its beginning, by which results name it.
fn without_octets(field: &str) -> String {
    match field.split_once("; b=").filter(|_| field.starts_with("DKIM-Signature:")) {
        Some((front, value)) => format!("{front}; b={}…", value.chars().take(8).collect::<String>()),
        None => field.to_owned(),
    }
}

fn indented(text: &str, margin: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("{margin}{line}")).collect();
    lines.join("\n")
}
