use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service as _;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// Where a request came from; the listener puts it into each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The certificate that is shown to a connection that begins now; `None`: it is spoken in clear.
pub(crate) type Certificate = Box<dyn Fn() -> Option<Arc<ServerConfig>> + Send + Sync>;

/// Listens for people and programs.
///
/// # Errors
/// What the system says, with the address.
pub(crate) async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let named =
        |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"));
    TcpListener::bind(address).await.map_err(named)
}

/// Goes on with a socket that the node before this one listened on.
///
/// # Errors
/// What the system says.
pub(crate) fn take_over(socket: OwnedFd) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Serves pages until `stop` says so or is dropped; then requests under way are finished, for a
/// few seconds at most.
pub(crate) async fn serve(
    listener: TcpListener,
    certificate: Certificate,
    pages: Router,
    stop: watch::Receiver<bool>,
) {
    let (permits, places) = (Arc::new(Semaphore::new(MAX_CONNECTIONS)), Places::default());
    let mut connections = JoinSet::new();
    let mut stopping = pin!(stopped(stop.clone()));
    loop {
        while connections.try_join_next().is_some() {}
        let mut accepting = pin!(accept(&listener, &permits));
        let accepted = poll_fn(|context| match stopping.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => accepting.as_mut().poll(context).map(Some),
        });
        let Some(accepted) = accepted.await else { break };
        let Some((stream, peer, permit)) = accepted else { continue };
        // Whoever has too many already is closed.
        let Some(place) = places.take(peer) else { continue };
        let connection = connection(stream, Peer(peer), certificate(), pages.clone(), stop.clone());
        connections.spawn(async move {
            let _held = (permit, place);
            // A page that follows the world asks anew; nobody keeps a connection for ever.
            let _ = timeout(CONNECTION_TIME, connection).await;
        });
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = timeout(GRACE, all).await;
}

/// `None`: nobody came, for want of file descriptors.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, IpAddr, OwnedSemaphorePermit)> {
    // It is never closed.
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer.ip().to_canonical(), permit)),
        Err(_) => {
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    // Whoever would say so is gone: it has stopped.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    certificate: Option<Arc<ServerConfig>>,
    pages: Router,
    stop: watch::Receiver<bool>,
) {
    // Answers are whole when they are written.
    let _ = stream.set_nodelay(true);
    match certificate {
        None => spoken(stream, peer, pages, stop).await,
        Some(config) => {
            let shaking = TlsAcceptor::from(config).accept(stream);
            if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIME, shaking).await {
                spoken(stream, peer, pages, stop).await;
            }
        }
    }
}

async fn spoken(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    peer: Peer,
    pages: Router,
    stop: watch::Receiver<bool>,
) {
    let pages = TowerToHyperService::new(pages);
    let answer = move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let answering = pages.call(request);
        async move { Ok::<Response<axum::body::Body>, Infallible>(answering.await.unwrap_or_default()) }
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer));
    let (mut connection, mut stopping) = (pin!(connection), pin!(stopped(stop)));
    let ended = poll_fn(|context| match connection.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending => stopping.as_mut().poll(context).map(|()| false),
    });
    if !ended.await {
        connection.as_mut().graceful_shutdown();
        // The one who stops waits no longer than that.
        let _ = timeout(GRACE, connection).await;
    }
}

/// How many connections each address has.
#[derive(Clone, Default)]
struct Places(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of an address.
struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    fn take(&self, address: IpAddr) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        // Behind a loopback address there may be a proxy, or a tunnel.
        if *count >= MAX_OF_ADDRESS && !address.is_loopback() {
            return None;
        }
        *count += 1;
        Some(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// People are few, and a browser opens six.
pub(crate) const MAX_CONNECTIONS: usize = 256;
const MAX_OF_ADDRESS: usize = 64;

/// Octets of a request line with its header fields.
const MAX_HEAD: usize = 32 * 1024;

const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// For a request to be sent, and between two on one connection.
const HEADER_TIME: Duration = Duration::from_secs(20);

const CONNECTION_TIME: Duration = Duration::from_secs(3_600);

/// For requests under way when the node stops.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_does_not_take_all_places() {
        let places = Places::default();
        let one: IpAddr = "192.0.2.1".parse().expect("an address");
        let taken: Vec<_> = (0..MAX_OF_ADDRESS).map(|_| places.take(one).expect("free")).collect();
        assert!(places.take(one).is_none());
        assert!(places.take("192.0.2.2".parse().expect("an address")).is_some());
        drop(taken);
        assert!(places.take(one).is_some());
        assert_eq!(places.0.lock().expect("no panic").len(), 0, "nothing is left of those who went");
    }
}
