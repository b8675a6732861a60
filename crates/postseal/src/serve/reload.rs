use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::log::Log;
use super::node::Node;
use super::service_manager::ServiceManager;
use crate::config::{self, Depth, Fault, FaultReport, Loaded, LogLevel, MilterAddress, Settings};
use crate::keys::Known;
use crate::words::Lang;

/// What came of a reload.
#[derive(Debug)]
pub(crate) enum ReloadReply {
    /// The configuration is in force.
    Reloaded(Reloaded),
    /// The file is wrong; the configuration before it stays in force.
    Unchanged { faults: Vec<FaultReport> },
    /// It was not done, and why.
    Refused { message: String },
}

/// A configuration that has come into force.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reloaded {
    /// Domains of the file that sign.
    pub(crate) domains: usize,
    pub(crate) warnings: Vec<FaultReport>,
    /// What has changed in the file but waits for a restart: `[milter] listen`.
    pub(crate) at_restart: Vec<String>,
}

/// Takes the configuration file again, one time after the other.
pub(crate) struct Reloader {
    file: PathBuf,
    node: Arc<Node>,
    manager: Arc<ServiceManager>,
    /// Where MTAs reach the node.
    addresses: Vec<MilterAddress>,
    one_at_a_time: Mutex<()>,
}

impl Reloader {
    pub(crate) fn new(
        file: PathBuf,
        node: Arc<Node>,
        manager: Arc<ServiceManager>,
        addresses: Vec<MilterAddress>,
    ) -> Reloader {
        Reloader { file, node, manager, addresses, one_at_a_time: Mutex::new(()) }
    }

    /// Reads and checks the file, and puts it in force where nothing is wrong with it. What
    /// is wrong is said in the log, and in the reply in a language of the asker's choice.
    pub(crate) async fn reload(&self, lang: Lang) -> ReloadReply {
        let _one = self.one_at_a_time.lock().await;
        self.manager.reloading();
        let (file, before) = (self.file.clone(), self.node.current());
        let load = move || config::load(&file, Depth::Reload(&before.settings));
        let reply = match spawn_blocking(load).await {
            Ok(Ok(loaded)) => match self.hosted_too(&loaded.settings) {
                none if none.is_empty() => self.put_in_force(loaded, lang),
                faults => self.unchanged(&faults, lang),
            },
            Ok(Err(faults)) => self.unchanged(&faults, lang),
            // A panic in the reader of the file: a fault of the program, and no new settings.
            Err(error) => self.refused(&format!("the configuration could not be read: {error}")),
        };
        let word = if matches!(reply, ReloadReply::Reloaded(_)) { "ok" } else { "failed" };
        self.node.metrics.reloads.count(word);
        self.manager.ready(&status(&self.addresses, &self.node.current().settings));
        reply
    }

    /// Domains that new settings name and the store has as well.
    pub(crate) fn hosted_too(&self, settings: &Settings) -> Vec<Fault> {
        let Some(hosted) = self.node.current().hosted.as_ref().map(|keys| keys.current()) else {
            return Vec::new();
        };
        config::hosted_too(&self.file, settings, |domain| match hosted.holder_of(domain) {
            Known::Yes(organisation) => Some(organisation),
            Known::No | Known::Unknown => None,
        })
    }

    fn put_in_force(&self, loaded: Loaded, lang: Lang) -> ReloadReply {
        let Loaded { settings, warnings } = loaded;
        let domains = settings.sign.domains.len();
        let at_restart = match self.node.swap(settings) {
            Ok(at_restart) => at_restart,
            Err(error) => return self.refused(&error.to_string()),
        };
        let (log, file) = (&self.node.log, self.file.display());
        say_faults(log, &warnings);
        log.say(LogLevel::Info, &format!("{file} is in force: signing domains: {domains}"));
        for table in &at_restart {
            log.say(LogLevel::Warn, &format!("{file}: {table} has changed and waits for a restart"));
        }
        ReloadReply::Reloaded(Reloaded {
            domains,
            warnings: reports(&warnings, lang),
            at_restart: at_restart.into_iter().map(str::to_owned).collect(),
        })
    }

    fn unchanged(&self, faults: &[Fault], lang: Lang) -> ReloadReply {
        say_faults(&self.node.log, faults);
        let file = self.file.display();
        self.node.alarm(&format!("{file} is not used: the configuration before it stays in force"));
        ReloadReply::Unchanged { faults: reports(faults, lang) }
    }

    fn refused(&self, why: &str) -> ReloadReply {
        self.node.alarm(&format!("{why}; the configuration before it stays in force"));
        ReloadReply::Refused { message: why.to_owned() }
    }
}

/// One line for each fault, with file, line and column.
pub(crate) fn say_faults(log: &Log, faults: &[Fault]) {
    for fault in faults {
        let level = match fault.severity() {
            config::Severity::Error => LogLevel::Error,
            config::Severity::Warning => LogLevel::Warn,
        };
        log.say(level, &fault.line(Lang::En));
    }
}

/// What systemd shows of a running node.
pub(crate) fn status(addresses: &[MilterAddress], settings: &Settings) -> String {
    let sockets: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    format!("{}; signing domains: {}", sockets.join(", "), settings.sign.domains.len())
}

fn reports(faults: &[Fault], lang: Lang) -> Vec<FaultReport> {
    faults.iter().map(|fault| FaultReport::new(fault, lang)).collect()
}
