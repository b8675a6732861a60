//! The sandbox as pages: the story on the left, the living system on the right.
//!
//! ```text
//! the portal's listener (loopback, a free port) ─► guard (token, Host, Origin, csrf) ─► handler ─► Living
//! ```

// What is in front of every page.
mod guard;

// What every page has.
mod assets;
mod frame;

// The pages, and what is done on them.
mod deeds;
mod views;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::living::{Came, Living, LivingError};
use crate::portal;
use crate::receiver_rules::{ReceiverRules, RulesError};
use guard::Guard;

/// The sandbox with its pages, for as long as it is kept.
pub(crate) struct Pages {
    sandbox: Arc<Sandbox>,
    url: String,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// What the pages share.
struct Sandbox {
    /// One thing happens at a time. `None`: it has ended.
    living: tokio::sync::Mutex<Option<Living>>,
    /// What the next page says first.
    notice: Mutex<Option<Result<Came, LivingError>>>,
    rules: ReceiverRules,
    csrf: String,
}

/// Why there are no pages.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PagesError {
    #[error(transparent)]
    Living(#[from] LivingError),
    #[error("the pages cannot be served: {0}")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error("the system gives no random octets")]
    NoRandomness,
}

impl Pages {
    /// Starts everything on free ports of the loopback interface.
    pub(crate) async fn start() -> Result<Pages, PagesError> {
        let living = Living::start().await?;
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let port = listener.local_addr()?.port();
        let [token, session, csrf] = [secret()?, secret()?, secret()?];
        let sandbox = Arc::new(Sandbox {
            living: tokio::sync::Mutex::new(Some(living)),
            notice: Mutex::default(),
            rules: ReceiverRules::load(None)?,
            csrf: csrf.clone(),
        });
        let url = format!("http://127.0.0.1:{port}/enter/{token}");
        let guard = Arc::new(Guard { port, token, session, csrf });
        let mut tasks = JoinSet::new();
        let (stop, stopped) = watch::channel(false);
        // In clear: it is this machine's own loopback interface.
        tasks.spawn(portal::serve(listener, Box::new(|| None), router(Arc::clone(&sandbox), guard), stopped));
        Ok(Pages { sandbox, url, tasks, stop })
    }

    /// Where a browser is let in.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends all parts; nothing is left.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        let living = self.sandbox.living.lock().await.take();
        if let Some(living) = living {
            living.stop().await;
        }
    }
}

impl Sandbox {
    fn say(&self, came: Result<Came, LivingError>) {
        *self.notice.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
    }

    fn take_notice(&self) -> Option<Result<Came, LivingError>> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn router(sandbox: Arc<Sandbox>, guard: Arc<Guard>) -> Router {
    Router::new()
        .route("/", get(views::home))
        .route("/chapter/{number}", get(views::chapter))
        .route("/chapter/{number}/start", post(deeds::start_chapter))
        .route("/step", post(deeds::do_step))
        .route("/send", post(deeds::send))
        .route("/signing", post(deeds::signing))
        .route("/portal", post(deeds::portal_link))
        .route("/dns", get(views::dns))
        .route("/dns/add", post(deeds::add_record))
        .route("/dns/remove", post(deeds::remove_record))
        .route("/dns/undo", post(deeds::undo_record))
        .route("/mailbox", get(views::mailbox))
        .route("/policy", get(views::policy).post(deeds::set_policy))
        .route("/message/{number}", get(views::message))
        .route("/message/{number}/explain", get(views::explain))
        .route("/end", get(views::end))
        .route("/assets/{name}", get(assets::serve))
        .fallback(views::not_found)
        .with_state(sandbox)
        .layer(from_fn_with_state(guard, guard::guard))
}

/// 128 random bits as hexadecimal digits.
fn secret() -> Result<String, PagesError> {
    let mut octets = [0; 16];
    aws_lc_rs::rand::fill(&mut octets).map_err(|_| PagesError::NoRandomness)?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}
