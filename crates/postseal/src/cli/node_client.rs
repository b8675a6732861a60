use std::future::Future;
use std::io;
use std::path::PathBuf;

use clap::Args;
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::{Client, ClientError, Remote, RemoteError};
use crate::config::{self, CONFIG_FILE};
use crate::tls_client::AuthoritiesError;
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
    /// Ask a node by the URL of its portal instead (http only on this machine); needs --token
    #[arg(long, value_name = "URL", conflicts_with = "socket", requires = "token", display_order = 802)]
    server: Option<String>,
    /// A file with an API token
    #[arg(long, value_name = "FILE", requires = "server", display_order = 803)]
    token: Option<PathBuf>,
    /// Trust the certificate authorities in this PEM file instead of the system's
    #[arg(long, value_name = "FILE", requires = "server", display_order = 804)]
    ca: Option<PathBuf>,
}

impl NodeArgs {
    /// True where a node was named on the command line.
    pub(super) fn is_named(&self) -> bool {
        self.socket.is_some() || self.server.is_some() || self.config.as_os_str() != CONFIG_FILE
    }

    /// True where this machine is set up as a node.
    pub(super) fn is_here(&self) -> bool {
        self.config.exists() || config::control_socket(&self.config).exists()
    }
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
    /// The socket or the URL, as people know it.
    place: String,
    elsewhere: bool,
    pub(super) lang: Lang,
}

impl NodeClient {
    /// # Errors
    /// Where the token or the authorities cannot be read, or the URL is none.
    pub(super) fn new(args: &NodeArgs, terminal: &Terminal) -> Result<NodeClient, Problem> {
        let lang = terminal.lang;
        if let (Some(url), Some(token)) = (&args.server, &args.token) {
            let remote =
                Remote::new(url, token, args.ca.as_deref()).map_err(|error| no_remote(&error, lang))?;
            let client = Client::over_network(remote);
            return Ok(NodeClient { client, place: url.clone(), elsewhere: true, lang });
        }
        let socket = args.socket.clone().unwrap_or_else(|| config::control_socket(&args.config));
        let place = socket.display().to_string();
        Ok(NodeClient { client: Client::over_socket(socket), place, elsewhere: false, lang })
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
                self.place
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
        let (lang, place) = (self.lang, &self.place);
        Problem::with_next(
            say!(lang, "no node answers on {place}: {error}", "{place} でノードが応答しません: {error}"),
            match error.kind() {
                _ if self.elsewhere => say!(
                    lang,
                    "Is this the URL of its [portal]? Its certificate must name the host; --ca FILE names an authority of your own.",
                    "ノードの [portal] の URL かどうかを確かめてください。証明書にはこのホスト名が必要です。独自の認証局は --ca FILE で指定します。"
                ),
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

fn no_remote(error: &RemoteError, lang: Lang) -> Problem {
    let what = match error {
        _ if lang == Lang::En => error.to_string(),
        RemoteError::Url(url) => format!("{url:?} は https://ホスト:ポート の形ではありません"),
        RemoteError::Plain(url) => format!("{url:?}: http を使えるのはこの機器の中だけです"),
        RemoteError::TokenFile(error) => format!("トークンのファイルを使えません: {error}"),
        RemoteError::NoToken(path) => format!("{} にトークンがありません", path.display()),
        RemoteError::Authorities(AuthoritiesError::File { path, error }) => {
            format!("{} の認証局を読めません: {error}", path.display())
        }
        RemoteError::Authorities(AuthoritiesError::System(error)) => {
            format!("システムの認証局を読めません: {error}")
        }
    };
    Problem::new(what)
}

/// Asks the node one thing, and waits for the answer.
pub(super) fn ask_node<T>(
    args: &NodeArgs,
    terminal: &Terminal,
    ask: impl AsyncFnOnce(&Client) -> Result<T, ClientError>,
) -> Result<T, Problem> {
    let node = NodeClient::new(args, terminal)?;
    block_on(async { ask(&node.client).await.map_err(|error| node.problem(error)) }, terminal.lang)
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
    Ok(words::named_domain(text, lang)?)
}
