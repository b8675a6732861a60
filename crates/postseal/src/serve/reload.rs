use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::control::{Reloaded, Reply};
use super::log::Log;
use super::metrics::Metrics;
use super::service_manager::ServiceManager;
use crate::cli::Lang;
use crate::config::{self, Depth, Fault, FaultReport, Loaded, LogLevel, Settings};

/// Where the settings in force are kept.
pub(crate) trait InForce: Send + Sync + 'static {
    /// Those of now.
    fn settings(&self) -> Arc<Settings>;

    /// Puts others in force, for every message that begins from now on; messages under way end
    /// with those that they began with.
    ///
    /// # Errors
    /// What cannot be had, in words; then nothing has changed.
    fn put_in_force(&self, settings: Settings) -> Result<(), String>;
}

/// Takes the configuration file again, one time after the other.
pub(crate) struct Reloader<N> {
    file: PathBuf,
    node: Arc<N>,
    log: Arc<Log>,
    metrics: Arc<Metrics>,
    manager: Arc<ServiceManager>,
    one_at_a_time: Mutex<()>,
}

impl<N: InForce> Reloader<N> {
    pub(crate) fn new(
        file: PathBuf,
        node: Arc<N>,
        log: Arc<Log>,
        metrics: Arc<Metrics>,
        manager: Arc<ServiceManager>,
    ) -> Reloader<N> {
        Reloader { file, node, log, metrics, manager, one_at_a_time: Mutex::new(()) }
    }

    /// Reads and checks the file, and puts it in force where nothing is wrong with it. What
    /// is wrong is said in the log, and in the reply in a language of the asker's choice.
    pub(crate) async fn reload(&self, lang: Lang) -> Reply {
        let _one = self.one_at_a_time.lock().await;
        self.manager.reloading();
        let running = self.node.settings();
        let (file, before) = (self.file.clone(), Arc::clone(&running));
        let loaded = spawn_blocking(move || config::load(&file, Depth::Reload(&before))).await;
        let reply = match loaded {
            Ok(Ok(loaded)) => self.put_in_force(loaded, &running, lang),
            Ok(Err(faults)) => self.unchanged(&faults, lang),
            // A panic in the reader of the file: a fault of the program, and no new settings.
            Err(error) => self.refused(&format!("the configuration could not be read: {error}")),
        };
        let word = if matches!(reply, Reply::Reloaded(_)) { "ok" } else { "failed" };
        self.metrics.reloads.count(word);
        self.manager.ready(&status(&self.node.settings()));
        reply
    }

    fn put_in_force(&self, loaded: Loaded, running: &Settings, lang: Lang) -> Reply {
        let Loaded { settings, warnings } = loaded;
        let (log_settings, domains) = (settings.log, settings.sign.domains.len());
        let at_restart = at_restart(running, &settings);
        if let Err(why) = self.node.put_in_force(settings) {
            return self.refused(&why);
        }
        self.log.set(log_settings);
        self.metrics.loaded(domains);
        say_faults(&self.log, &warnings);
        let file = self.file.display();
        self.log.say(LogLevel::Info, &format!("{file} is in force: signing domains: {domains}"));
        for key in &at_restart {
            self.log.say(LogLevel::Warn, &format!("{file}: {key} has changed and waits for a restart"));
        }
        Reply::Reloaded(Reloaded {
            domains,
            warnings: reports(&warnings, lang),
            at_restart: at_restart.into_iter().map(str::to_owned).collect(),
        })
    }

    fn unchanged(&self, faults: &[Fault], lang: Lang) -> Reply {
        say_faults(&self.log, faults);
        let file = self.file.display();
        self.log
            .say(LogLevel::Error, &format!("{file} is not used: the configuration before it stays in force"));
        Reply::Unchanged { faults: reports(faults, lang) }
    }

    fn refused(&self, why: &str) -> Reply {
        self.log.say(LogLevel::Error, &format!("{why}; the configuration before it stays in force"));
        Reply::Refused { message: why.to_owned() }
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
pub(crate) fn status(settings: &Settings) -> String {
    let sockets: Vec<String> = settings.milter.listen.iter().map(ToString::to_string).collect();
    format!("{}; signing domains: {}", sockets.join(", "), settings.sign.domains.len())
}

fn reports(faults: &[Fault], lang: Lang) -> Vec<FaultReport> {
    faults.iter().map(|fault| FaultReport::new(fault, lang)).collect()
}

/// What has changed and cannot change while the node runs: it holds these sockets.
fn at_restart(running: &Settings, new: &Settings) -> Vec<&'static str> {
    let changed = [
        ("[milter]", running.milter != new.milter),
        ("[http]", running.http != new.http),
        ("[control]", running.control != new.control),
    ];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(table, _)| table).collect()
}
