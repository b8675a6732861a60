use std::future::Future;
use std::io;
use std::path::PathBuf;

use clap::Args;
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::{Client, ClientError};
use crate::config::{self, CONFIG_FILE};
use crate::words;
use crate::words::{Lang, say};

/// Where the running node is.
#[derive(Debug, Args)]
pub(super) struct NodeArgs {
    /// The node's configuration file, read to find its control socket [default: /etc/postseal/postseal.toml]
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE, hide_default_value = true, display_order = 800)]
    config: PathBuf,
    /// Use this control socket instead
    #[arg(long, value_name = "PATH", display_order = 801)]
    socket: Option<PathBuf>,
}

/// Whose domains are meant.
#[derive(Debug, Args)]
pub(super) struct OrganisationArgs {
    /// The organisation [default: the only one]
    #[arg(long, value_name = "NAME", display_order = 700)]
    organisation: Option<String>,
}

/// A running node, asked from a command.
pub(super) struct NodeClient {
    pub(super) client: Client,
    socket: PathBuf,
    pub(super) lang: Lang,
}

impl NodeClient {
    pub(super) fn new(args: &NodeArgs, terminal: &Terminal) -> NodeClient {
        let socket = args.socket.clone().unwrap_or_else(|| config::control_socket(&args.config));
        NodeClient { client: Client::over_socket(socket.clone()), socket, lang: terminal.lang }
    }

    /// What went wrong, for people.
    pub(super) fn problem(&self, error: ClientError) -> Problem {
        match error {
            ClientError::Problem(problem) => words::api_problem(&problem, self.lang).into(),
            ClientError::Unreachable(error) => self.unreachable(&error),
            ClientError::Unreadable(what) => Problem::new(say!(
                self.lang,
                "{} answers what cannot be read: {what}",
                "{} の応答を読み取れません: {what}",
                self.socket.display()
            )),
        }
    }

    /// The organisation that was named, or the only one there is.
    pub(super) async fn organisation(&self, args: &OrganisationArgs) -> Result<OrganisationName, Problem> {
        if let Some(text) = &args.organisation {
            return organisation_name(text, self.lang);
        }
        let page = self.client.organisations(None).await.map_err(|error| self.problem(error))?;
        match page.items.as_slice() {
            [only] => organisation_name(&only.name, self.lang),
            [] => Err(Problem::with_next(
                say!(self.lang, "there is no organisation yet", "組織がまだありません"),
                "postseal org add NAME".to_owned(),
            )),
            [first, ..] => Err(Problem::with_next(
                say!(self.lang, "there are several organisations", "組織が複数あります"),
                say!(
                    self.lang,
                    "Name one: --organisation {}; postseal org list shows them all.",
                    "--organisation {} のように指定してください。一覧は postseal org list で表示します。",
                    first.name
                ),
            )),
        }
    }

    fn unreachable(&self, error: &io::Error) -> Problem {
        let (lang, socket) = (self.lang, self.socket.display());
        Problem::with_next(
            say!(lang, "no node answers on {socket}: {error}", "{socket} でノードが応答しません: {error}"),
            match error.kind() {
                io::ErrorKind::PermissionDenied => say!(
                    lang,
                    "Run it as root, as the user of the node, or as a member of the group postseal.",
                    "root、ノードのユーザー、または postseal グループのメンバーとして実行してください。"
                ),
                _ => say!(
                    lang,
                    "Is it running? systemctl status postseal. Another socket: --config FILE or --socket PATH.",
                    "動いているかを systemctl status postseal で確かめてください。別のソケットは --config FILE か --socket PATH で指定します。"
                ),
            },
        )
    }
}

/// Runs what waits for the node.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Problem>>, lang: Lang) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let no_runtime = |error| {
        Problem::new(say!(lang, "the system gives no sockets: {error}", "ソケットを使えません: {error}"))
    };
    runtime.map_err(no_runtime)?.block_on(work)
}

fn organisation_name(text: &str, lang: Lang) -> Result<OrganisationName, Problem> {
    OrganisationName::parse(text)
        .map_err(|error| Problem::new(words::organisation_name_error(text, error, lang)))
}

/// A domain of the command line.
pub(super) fn domain_name(text: &str, lang: Lang) -> Result<DomainName, Problem> {
    DomainName::parse(text).map_err(|error| {
        Problem::new(say!(
            lang,
            "{text:?} is no domain name: {}",
            "{text:?} はドメイン名ではありません: {}",
            words::domain_name_error(error, lang)
        ))
    })
}
