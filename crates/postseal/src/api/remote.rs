use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use postseal_store::{PrivateFileError, PrivateFiles, Readers};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::tls_client::{AuthoritiesError, client_config};

/// A node that is reached by the URL of its portal, and the token that lets in.
#[derive(Clone)]
pub(crate) struct Remote {
    /// `HOST:PORT`, as in the URL.
    pub(super) authority: String,
    /// `Bearer …`
    pub(super) authorization: Arc<Zeroizing<String>>,
    host: String,
    port: u16,
    /// `None`: http, to this machine only.
    tls: Option<TlsConnector>,
}

/// Why a node cannot be asked by a URL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// Not `https://HOST[:PORT]`, nor `http://` to this machine.
    #[error("{0:?} is not https://HOST:PORT")]
    Url(String),
    /// A token would go over the network in clear.
    #[error("{0:?}: http is for this machine only")]
    Plain(String),
    #[error(transparent)]
    TokenFile(#[from] PrivateFileError),
    #[error("{}: no token is in it", .0.display())]
    NoToken(PathBuf),
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
}

/// Octets that go both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Remote {
    /// `authorities`: a PEM file of whom to trust in place of the system's. It blocks: some files are read.
    ///
    /// # Errors
    /// [`RemoteError`]
    pub(crate) fn new(url: &str, token: &Path, authorities: Option<&Path>) -> Result<Remote, RemoteError> {
        let bad = || RemoteError::Url(url.to_owned());
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let (host, authority) = uri.host().zip(uri.authority()).ok_or_else(bad)?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(bad());
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let (tls, usual) = match uri.scheme_str() {
            Some("https") => (Some(TlsConnector::from(Arc::new(client_config(authorities)?))), 443),
            Some("http") if loopback(&host).is_some() => (None, 80),
            Some("http") => return Err(RemoteError::Plain(url.to_owned())),
            _ => return Err(bad()),
        };
        let authorization = Arc::new(Zeroizing::new(format!("Bearer {}", read_token(token)?.as_str())));
        let port = uri.port_u16().unwrap_or(usual);
        Ok(Remote { authority: authority.to_string(), authorization, host, port, tls })
    }

    /// A connection to it; over TLS with the name of the URL.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let connecting = async {
            let stream = match (&self.tls, loopback(&self.host)) {
                // Whatever a hosts file says of `localhost`.
                (None, Some(addresses)) => {
                    let addresses: Vec<SocketAddr> =
                        addresses.into_iter().map(|address| (address, self.port).into()).collect();
                    TcpStream::connect(addresses.as_slice()).await?
                }
                _ => TcpStream::connect((self.host.as_str(), self.port)).await?,
            };
            let Some(tls) = &self.tls else { return Ok::<Box<dyn Stream>, io::Error>(Box::new(stream)) };
            let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
            Ok(Box::new(tls.connect(name, stream).await?))
        };
        timeout(CONNECTS, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Without the token.
impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Remote({})", self.authority)
    }
}

/// Where a host of this machine is.
fn loopback(host: &str) -> Option<Vec<IpAddr>> {
    if host.eq_ignore_ascii_case("localhost") {
        return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let address: IpAddr = host.parse().ok()?;
    address.to_canonical().is_loopback().then(|| vec![address])
}

fn read_token(path: &Path) -> Result<Zeroizing<String>, RemoteError> {
    let file = PrivateFiles::new(Readers::Group, MAX_TOKEN_FILE).open(path)?;
    let mut text = Zeroizing::new(String::with_capacity(ROOM));
    let read = io::Read::read_to_string(&mut io::Read::take(file, MAX_TOKEN_FILE), &mut text);
    read.map_err(|source| PrivateFileError::Read { path: path.to_owned(), source })?;
    let token = text.trim();
    let whole = !token.is_empty() && token.bytes().all(|octet| octet.is_ascii_graphic());
    if whole { Ok(Zeroizing::new(token.to_owned())) } else { Err(RemoteError::NoToken(path.to_owned())) }
}

/// Octets of a file with a token.
const MAX_TOKEN_FILE: u64 = 1_024;

/// For all of it at once: a text that grows leaves copies behind.
const ROOM: usize = 2_048;

const CONNECTS: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_to_this_machine() {
        let directory = tempfile::tempdir().expect("a directory");
        let token = directory.path().join("token");
        std::fs::write(&token, "postseal_x\n").expect("written");
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).expect("chmod");
        let check = |url: &str, expected: Option<(&str, u16)>| {
            let made = Remote::new(url, &token, None);
            let got = made.as_ref().ok().map(|remote| (remote.authority.as_str(), remote.port));
            assert_eq!(got, expected, "{url} {made:?}");
        };
        check("http://127.0.0.1:8480", Some(("127.0.0.1:8480", 8480)));
        check("http://localhost:8480/", Some(("localhost:8480", 8480)));
        check("http://[::1]:8480", Some(("[::1]:8480", 8480)));
        check("http://192.0.2.1:8480", None);
        check("http://localhost.example:8480", None);
        check("ftp://localhost", None);
        check("https://a@localhost", None);
        check("http://localhost/v1", None);
        check("localhost:8480", None);
        check("", None);
        let made = Remote::new("http://[::1]:8480", &token, None).expect("right");
        assert_eq!(made.authorization.as_str(), "Bearer postseal_x");
        assert_eq!(format!("{made:?}"), "Remote([::1]:8480)");
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(matches!(Remote::new("http://localhost", &token, None), Err(RemoteError::TokenFile(_))));
    }
}
