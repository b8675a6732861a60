use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Tells systemd how the node fares (sd_notify(3)). Without systemd it says nothing.
#[derive(Debug)]
pub(crate) struct ServiceManager {
    socket: Option<(UnixDatagram, SocketAddr)>,
    /// How often it wants to hear that the node is alive; `None`: not at all.
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that started this process, by its environment.
    pub(crate) fn of_environment() -> ServiceManager {
        ServiceManager::of(|name| std::env::var_os(name))
    }

    fn of(variable: impl Fn(&str) -> Option<OsString>) -> ServiceManager {
        let number = |name| variable(name).and_then(|text| text.into_string().ok()?.parse::<u64>().ok());
        let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|micros| is_ours && *micros > 0);
        let address = variable("NOTIFY_SOCKET").and_then(|path| notify_address(&path).ok());
        let socket = address.and_then(|address| Some((UnixDatagram::unbound().ok()?, address)));
        ServiceManager { socket, watchdog: watchdog.map(Duration::from_micros) }
    }

    /// It listens, on this configuration.
    pub(crate) fn ready(&self, status: &str) {
        let process = std::process::id();
        self.tell(&format!("READY=1\nMAINPID={process}\nSTATUS={}\n", one_line(status)));
    }

    /// Another process is the node now, whose word counts.
    pub(crate) fn succeeded_by(&self, process: i32) {
        self.tell(&format!("MAINPID={process}\n"));
    }

    /// A reload has begun; [`ServiceManager::ready`] ends it.
    pub(crate) fn reloading(&self) {
        // systemd tells by the time which of several reloads has ended.
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\n"));
    }

    /// It ends.
    pub(crate) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=finishing the messages under way\n");
    }

    /// How often [`ServiceManager::alive`] is to be called: twice as often as systemd asks for.
    pub(crate) fn watchdog_interval(&self) -> Option<Duration> {
        self.watchdog.filter(|_| self.socket.is_some()).map(|every| every / 2)
    }

    /// It is alive.
    pub(crate) fn alive(&self) {
        self.tell("WATCHDOG=1\n");
    }

    fn tell(&self, state: &str) {
        if let Some((socket, address)) = &self.socket {
            // It may have gone; the node goes on without it.
            let _ = socket.send_to_addr(state.as_bytes(), address);
        }
    }
}

/// A path, or a name in the abstract namespace after an `@`.
fn notify_address(path: &OsString) -> io::Result<SocketAddr> {
    match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        _ => SocketAddr::from_pathname(path),
    }
}

/// Each line of a notification is a variable.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_sd_notify_tells() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("notify");
        let manager = UnixDatagram::bind(&path).expect("binds");
        let service = ServiceManager::of(|name| match name {
            "NOTIFY_SOCKET" => Some(path.clone().into()),
            "WATCHDOG_USEC" => Some("30000000".into()),
            _ => None,
        });
        let heard = || {
            let mut buffer = [0; 1000];
            let length = manager.recv(&mut buffer).expect("hears");
            String::from_utf8_lossy(&buffer[..length]).into_owned()
        };
        service.ready("3 domains\nREADY=0");
        let process = std::process::id();
        assert_eq!(heard(), format!("READY=1\nMAINPID={process}\nSTATUS=3 domains READY=0\n"));
        service.succeeded_by(4711);
        assert_eq!(heard(), "MAINPID=4711\n");
        service.reloading();
        let reloading = heard();
        assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
        service.alive();
        assert_eq!(heard(), "WATCHDOG=1\n");
        service.stopping();
        assert!(heard().starts_with("STOPPING=1\n"));
        assert_eq!(service.watchdog_interval(), Some(Duration::from_secs(15)));
    }

    #[test]
    fn names_in_the_abstract_namespace() {
        let name = format!("postseal-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let manager = UnixDatagram::bind_addr(&address).expect("binds");
        let service =
            ServiceManager::of(|variable| (variable == "NOTIFY_SOCKET").then(|| format!("@{name}").into()));
        service.alive();
        let mut buffer = [0; 100];
        assert_eq!(manager.recv(&mut buffer).expect("hears"), "WATCHDOG=1\n".len());
    }

    #[test]
    fn without_systemd_nothing_is_said() {
        let service = ServiceManager::of(|_| None);
        service.ready("up");
        assert_eq!(service.watchdog_interval(), None);
        let other = ServiceManager::of(|name| match name {
            "WATCHDOG_USEC" => Some("1000000".into()),
            "WATCHDOG_PID" => Some("1".into()),
            _ => None,
        });
        assert_eq!(other.watchdog, None);
    }
}
