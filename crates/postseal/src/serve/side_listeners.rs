use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::http;
use super::log::Log;
use super::run::StartError;
use super::take_over::{OfferedSockets, TakenSockets};
use crate::api::{ControlSocket, ControlSocketError};
use crate::config::{ControlSettings, LogLevel};

/// Listens for monitors, where the settings say so.
pub(super) async fn listen_for_monitors(
    address: Option<SocketAddr>,
    taken: &mut TakenSockets,
    offered: &OfferedSockets,
) -> io::Result<Option<TcpListener>> {
    let Some(address) = address else { return Ok(None) };
    let name = format!("http {address}");
    let listener = match taken.one(&name) {
        Some(socket) => http::take_over(socket)?,
        None => http::listen(address).await?,
    };
    offered.add(name, &listener)?;
    Ok(Some(listener))
}

/// Listens for commands. A node that is not told to have a control socket goes without.
pub(super) fn listen_for_orders(
    settings: &ControlSettings,
    log: &Log,
    taken: &mut TakenSockets,
    offered: &OfferedSockets,
) -> Result<Option<ControlSocket>, StartError> {
    let failed = |source| ControlSocketError::Listen { path: settings.socket.clone(), source };
    let listening = match taken.one(CONTROL) {
        Some(socket) => ControlSocket::take_over(socket).map_err(failed),
        None => ControlSocket::listen(&settings.socket),
    };
    let listening = listening.and_then(|socket| {
        offered.add(CONTROL.to_owned(), &socket).map_err(failed)?;
        Ok(socket)
    });
    match listening {
        Ok(socket) => Ok(Some(socket)),
        Err(error) if settings.required => Err(StartError::Control(error)),
        Err(error) => {
            log.say(LogLevel::Warn, &format!("no commands, and reload by SIGHUP only: {error}"));
            Ok(None)
        }
    }
}

/// What the control socket is called when it is handed over.
const CONTROL: &str = "control";
