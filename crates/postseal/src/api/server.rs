use std::convert::Infallible;
use std::fmt::Display;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::{RecvFlags, recv};
use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::control_socket::{ControlSocket, caller, may_take_over};
use super::exchange::{Answer, Request};
use super::{Api, Caller, Problem, ProblemKind};
use crate::serve::take_over::{GREETING, Successor};

impl ControlSocket {
    /// Serves the API for as long as it is polled. Whoever is to take the place of the node goes to
    /// `successors`, one at a time.
    pub(crate) async fn serve(&self, api: Arc<Api>, successors: mpsc::Sender<Successor>) {
        let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            match self.accept().await {
                Ok(stream) => {
                    let connection = connection(stream, Arc::clone(&api), successors.clone());
                    connections.spawn(async move {
                        let _permit = permit;
                        // Whatever is under way by then has had its own time.
                        let _ = timeout(CONNECTION_TIME, connection).await;
                    });
                }
                // Out of file descriptors: they come back when connections end.
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

async fn connection(stream: UnixStream, api: Arc<Api>, successors: mpsc::Sender<Successor>) {
    match timeout(HEADER_TIME, greets(&stream)).await {
        Ok(Ok(false)) => {}
        Ok(Ok(true)) => {
            if may_take_over(&stream) {
                // Where one is at it already this one is refused: the connection is closed.
                let _ = successors.try_send(Successor::new(stream));
            }
            return;
        }
        Ok(Err(_)) | Err(_) => return,
    }
    let Ok(caller) = caller(&stream) else { return };
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (api, caller) = (Arc::clone(&api), caller.clone());
        async move { Ok::<_, Infallible>(response(respond(&api, &caller, request).await)) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // Whoever went away does not wait for an answer.
    let _ = served.await;
}

/// Whether a take-over is asked for, not a request of the API; nothing is read.
async fn greets(stream: &UnixStream) -> io::Result<bool> {
    let mut first = [0; GREETING.len()];
    let peek = || Ok(recv(stream, &mut first, RecvFlags::PEEK)?.1);
    let length = stream.async_io(Interest::READABLE, peek).await?;
    Ok(first[..length] == *GREETING)
}

/// The body is read first, whoever it is: an answer to what was not read may be lost with it.
async fn respond(api: &Arc<Api>, caller: &Result<Caller, u32>, request: hyper::Request<Incoming>) -> Answer {
    let request = match read(request).await {
        Ok(request) => request,
        Err(problem) => return Answer::problem(&problem),
    };
    match caller {
        Ok(caller) => perform(api, caller, request).await,
        Err(uid) => {
            let detail = format!(
                "user {uid} is neither root, nor the user of the node, nor a member of the group postseal"
            );
            Answer::problem(&Problem::new(ProblemKind::Forbidden, detail))
        }
    }
}

impl Api {
    /// Answers a request that came over HTTP, of a caller who was let in.
    pub(crate) async fn respond<B>(
        self: &Arc<Api>,
        caller: &Caller,
        request: hyper::Request<B>,
    ) -> Response<Whole>
    where
        B: hyper::body::Body<Data = Bytes, Error: Display>,
    {
        response(match read(request).await {
            Ok(request) => perform(self, caller, request).await,
            Err(problem) => Answer::problem(&problem),
        })
    }
}

impl Problem {
    /// As the answer to a request.
    pub(crate) fn response(&self) -> Response<Whole> {
        response(Answer::problem(self))
    }
}

async fn read<B>(request: hyper::Request<B>) -> Result<Request, Problem>
where
    B: hyper::body::Body<Data = Bytes, Error: Display>,
{
    let (head, body) = request.into_parts();
    let body = match timeout(BODY_TIME, collect(body, MAX_BODY)).await {
        Ok(body) => body?,
        Err(_) => return Err(Problem::new(ProblemKind::TooSlow, "its body did not come")),
    };
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        body,
    })
}

/// In a task of its own: whoever goes away does not leave half of an operation behind.
async fn perform(api: &Arc<Api>, caller: &Caller, request: Request) -> Answer {
    let (api, caller) = (Arc::clone(api), caller.clone());
    let answering = tokio::spawn(async move { api.answer(&caller, &request).await });
    match timeout(ANSWER_TIME, answering).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Answer::problem(&Problem::new(ProblemKind::Fault, "the operation has panicked")),
        Err(_) => Answer::problem(&Problem::new(
            ProblemKind::TooSlow,
            "it takes longer than five minutes, and goes on",
        )),
    }
}

/// The octets of a body, of which there may be so many.
pub(super) async fn collect<B>(body: B, most: usize) -> Result<Vec<u8>, Problem>
where
    B: hyper::body::Body<Data = Bytes, Error: Display>,
{
    let mut body = pin!(body);
    let mut octets = Vec::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame.map_err(|error| Problem::bad_request(format!("the body: {error}")))?;
        let Ok(data): Result<Bytes, _> = frame.into_data() else { continue };
        if octets.len() + data.len() > most {
            return Err(Problem::new(ProblemKind::TooLarge, format!("a body has at most {most} octets")));
        }
        octets.extend_from_slice(&data);
    }
    Ok(octets)
}

fn response(answer: Answer) -> Response<Whole> {
    let mut response = Response::new(Whole(Some(Bytes::from(answer.body))));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if answer.status != 204 {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    }
    if let Some(allow) = answer.allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
        headers.insert(ALLOW, allow);
    }
    response
}

/// A body of one piece.
pub(crate) struct Whole(pub(super) Option<Bytes>);

impl hyper::body::Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        let data = self.0.take().filter(|data| !data.is_empty());
        std::task::Poll::Ready(data.map(|data| Ok(hyper::body::Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.0.as_ref().map_or(0, |data| data.len() as u64))
    }
}

/// Commands are few.
const MAX_CONNECTIONS: usize = 64;

/// Octets of a request line with its header fields.
const MAX_HEAD: usize = 16 * 1024;

/// Octets: a thousand trusted sealers.
const MAX_BODY: usize = 512 * 1024;

const HEADER_TIME: Duration = Duration::from_secs(10);
const BODY_TIME: Duration = Duration::from_secs(10);

/// For an operation: many key files are read from a slow disk, a store is written to another.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(300);

const CONNECTION_TIME: Duration = Duration::from_secs(3_600);

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
