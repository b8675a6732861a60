use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

/// What monitoring asks of the node.
pub(crate) trait Monitored: Send + Sync + 'static {
    /// All metrics, as Prometheus reads them.
    fn metrics(&self) -> String;

    /// Whether messages are taken now.
    fn readiness(&self) -> Readiness;
}

/// Whether a node takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    /// It finishes what is under way.
    Stopping,
}

/// Listens for those who monitor the node. Nothing that it tells is secret, and it takes no
/// orders.
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

/// Answers for as long as it is polled.
pub(crate) async fn serve(listener: TcpListener, node: Arc<impl Monitored>) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = connection(stream, Arc::clone(&node));
                tokio::spawn(async move {
                    let _permit = permit;
                    // Monitors keep a connection between two looks; nobody keeps one for ever.
                    let _ = timeout(CONNECTION_TIME, connection).await;
                });
            }
            // Out of file descriptors: they come back when connections end.
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

fn connection(stream: TcpStream, node: Arc<impl Monitored>) -> impl Future<Output = hyper::Result<()>> {
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let response = respond(request.method(), request.uri().path(), &*node);
        async move { Ok::<_, Infallible>(response) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(MAX_REQUEST)
        .serve_connection(TokioIo::new(stream), service)
}

fn respond(method: &Method, path: &str, node: &impl Monitored) -> Response<String> {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let (status, text) = match path {
        "/metrics" | "/healthz" | "/readyz" if !is_read => {
            (StatusCode::METHOD_NOT_ALLOWED, "GET it\n".to_owned())
        }
        "/metrics" => (StatusCode::OK, node.metrics()),
        "/healthz" => (StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => match node.readiness() {
            Readiness::Ready => (StatusCode::OK, "ready\n".to_owned()),
            Readiness::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned()),
        },
        _ => (StatusCode::NOT_FOUND, "/metrics, /healthz and /readyz are here\n".to_owned()),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let kind = if path == "/metrics" { METRICS_TYPE } else { "text/plain; charset=utf-8" };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Monitors are few.
const MAX_CONNECTIONS: usize = 64;

/// Octets of a request, of which there are none with a body.
const MAX_REQUEST: usize = 16 * 1024;

/// For a request to be sent, and between two on one connection.
const HEADER_TIME: Duration = Duration::from_secs(30);

const CONNECTION_TIME: Duration = Duration::from_secs(3_600);

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[derive(Default)]
    struct Node {
        stopping: AtomicBool,
    }

    impl Monitored for Node {
        fn metrics(&self) -> String {
            "postseal_up 1\n".to_owned()
        }

        fn readiness(&self) -> Readiness {
            if self.stopping.load(Ordering::Relaxed) { Readiness::Stopping } else { Readiness::Ready }
        }
    }

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(request.as_bytes()).await.expect("writes");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("reads");
        reply
    }

    #[test]
    fn answers_monitors() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(answers());
    }

    async fn answers() {
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("listens");
        let address = listener.local_addr().expect("an address");
        let node = Arc::new(Node::default());
        let server = tokio::spawn(serve(listener, Arc::clone(&node)));
        let check = async |line: &str, status: &str, end: &str| {
            let request = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            let reply = ask(address, &request).await;
            assert!(
                reply.starts_with(&format!("HTTP/1.1 {status}")) && reply.ends_with(end),
                "{line}: {reply}"
            );
        };
        check("GET /metrics", "200", "\r\n\r\npostseal_up 1\n").await;
        check("HEAD /metrics", "200", "\r\n\r\n").await;
        check("GET /healthz", "200", "\r\n\r\nok\n").await;
        check("GET /readyz?x=y", "200", "\r\n\r\nready\n").await;
        check("POST /metrics", "405", "GET it\n").await;
        check("GET /", "404", "are here\n").await;
        node.stopping.store(true, Ordering::Relaxed);
        check("GET /readyz", "503", "stopping\n").await;
        check("GET /healthz", "200", "ok\n").await;
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(2 * MAX_REQUEST));
        assert!(!ask(address, &long).await.contains("200 OK"));
        assert!(ask(address, "\x00\x01 nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400"));
        server.abort();
    }
}
