use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use postseal_core::advice::{
    CertificateFault, MAX_POLICY_FILE, PolicyFetch, PolicyNotReached, PolicyUnavailable,
};
use postseal_core::dns::{DomainName, Outcome, Question, RecordType, Records};
use postseal_dns::ask::Resolver;
use postseal_dns::ask::authoritative::is_public;
use rustls::CertificateError;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::tls_client::client_config;

/// Fetches MTA-STS Policies (RFC 8461 §3.3): one GET over HTTPS, no redirect followed, the certificate checked for the host,
/// and nobody asked but public addresses, unless an address is given: whoever owns a domain may name any. Cheap to clone.
#[derive(Clone)]
pub(crate) struct PolicyFetcher {
    resolver: Arc<Resolver>,
    /// Asked in place of the address in the DNS, whatever it is.
    to: Option<SocketAddr>,
    /// A PEM file of whom to trust in place of the system's authorities.
    authorities: Option<PathBuf>,
    /// Made when it is first needed; `None` inside where there are no authorities.
    tls: Arc<OnceCell<Option<TlsConnector>>>,
}

impl PolicyFetcher {
    /// The host's address is asked of `resolver`, and asked at port 443 where it is public.
    pub(crate) fn new(resolver: Arc<Resolver>) -> PolicyFetcher {
        PolicyFetcher { resolver, to: None, authorities: None, tls: Arc::default() }
    }

    /// The same with this address for every host, and these authorities, where they are given.
    pub(crate) fn with(self, to: Option<SocketAddr>, authorities: Option<PathBuf>) -> PolicyFetcher {
        PolicyFetcher { to, authorities, ..self }
    }

    /// The policy of `mta-sts.DOMAIN`, within this time in all.
    pub(crate) async fn fetch(&self, host: &DomainName, time: Duration) -> PolicyFetch {
        let by = Instant::now() + time;
        match self.fetch_by(host, by, time).await {
            Ok(octets) => PolicyFetch::Fetched(octets),
            Err(Stop::NotReached(why)) => PolicyFetch::NotReached(why),
            Err(Stop::Unavailable(why)) => PolicyFetch::Unavailable(why),
        }
    }

    async fn fetch_by(&self, host: &DomainName, by: Instant, time: Duration) -> Result<Vec<u8>, Stop> {
        let addresses = match self.to {
            Some(address) => vec![address],
            None => self.addresses(host, by).await?,
        };
        let tls = self.tls().await.ok_or(PolicyNotReached::NoAuthorities)?;
        let stream = connect(&addresses, by).await?;
        // From here on it is the server that lets us wait.
        let asked = timeout_at(by, ask(tls, stream, host)).await;
        asked.unwrap_or_else(|_| Err(PolicyUnavailable::TooSlow(time.as_secs()).into()))
    }

    async fn tls(&self) -> Option<TlsConnector> {
        let make = || async {
            let authorities = self.authorities.clone();
            let made = tokio::task::spawn_blocking(move || client_config(authorities.as_deref())).await;
            made.ok().and_then(Result::ok).map(|config| TlsConnector::from(Arc::new(config)))
        };
        self.tls.get_or_init(make).await.clone()
    }

    /// Where the host is, as far as it may be asked there.
    async fn addresses(&self, host: &DomainName, by: Instant) -> Result<Vec<SocketAddr>, Stop> {
        let [ip4, ip6] =
            [RecordType::A, RecordType::Aaaa].map(|record_type| Question::new(host.clone(), record_type));
        let both = async { tokio::join!(self.resolver.ask(&ip4), self.resolver.ask(&ip6)) };
        let Ok((ip4, ip6)) = timeout_at(by, both).await else {
            return Err(PolicyNotReached::Dns(postseal_core::dns::Failure::TimeLimit).into());
        };
        let mut found: Vec<IpAddr> = Vec::new();
        let mut failed = None;
        for answer in [ip4, ip6] {
            match answer.outcome {
                Outcome::Records(Records::A(all)) => found.extend(all.into_iter().map(IpAddr::from)),
                Outcome::Records(Records::Aaaa(all)) => found.extend(all.into_iter().map(IpAddr::from)),
                Outcome::Failure(failure) => failed = Some(failure),
                _ => {}
            }
        }
        let public = found.iter().filter(|address| is_public(**address));
        let asked: Vec<SocketAddr> =
            public.take(MAX_ADDRESSES).map(|address| (*address, PORT).into()).collect();
        match (found.first(), failed) {
            _ if !asked.is_empty() => Ok(asked),
            (Some(inner), _) => Err(PolicyNotReached::NotPublic(*inner).into()),
            (None, Some(failure)) => Err(PolicyNotReached::Dns(failure).into()),
            (None, None) => Err(PolicyUnavailable::NoAddress.into()),
        }
    }
}

/// Why there is no file.
enum Stop {
    NotReached(PolicyNotReached),
    Unavailable(PolicyUnavailable),
}

impl From<PolicyNotReached> for Stop {
    fn from(why: PolicyNotReached) -> Stop {
        Stop::NotReached(why)
    }
}

impl From<PolicyUnavailable> for Stop {
    fn from(why: PolicyUnavailable) -> Stop {
        Stop::Unavailable(why)
    }
}

/// The first address that takes a connection. One that refuses is there, and serves nothing.
async fn connect(addresses: &[SocketAddr], by: Instant) -> Result<TcpStream, Stop> {
    let mut stop = None;
    for address in addresses {
        let until = by.min(Instant::now() + CONNECT_TIME);
        match timeout_at(until, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                stop = Some(PolicyUnavailable::Refused(address.ip()).into());
            }
            _ => {
                stop.get_or_insert(PolicyNotReached::NoConnection(address.ip()).into());
            }
        }
    }
    Err(stop.unwrap_or(PolicyUnavailable::NoAddress.into()))
}

/// One GET; the connection ends with the answer.
async fn ask(tls: TlsConnector, stream: TcpStream, host: &DomainName) -> Result<Vec<u8>, Stop> {
    let name = ServerName::try_from(host.to_string());
    // A name that no certificate can have.
    let name = name.map_err(|_| PolicyUnavailable::Certificate(CertificateFault::OtherName))?;
    let stream = tls.connect(name, stream).await.map_err(|error| tls_fault(&error))?;
    let response = get(stream, host).await.map_err(|_| PolicyUnavailable::NotHttp)?;
    policy_file(response).await
}

async fn get(stream: TlsStream<TcpStream>, host: &DomainName) -> hyper::Result<Response<Incoming>> {
    let mut client = http1::Builder::new();
    client.max_buf_size(MAX_HEAD).max_headers(MAX_HEADERS);
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await?;
    // It ends with the sender and the body.
    tokio::spawn(connection);
    let mut request = Request::new(String::new());
    *request.uri_mut() = hyper::Uri::from_static(PATH);
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, hyper::header::HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, hyper::header::HeaderValue::from_static(TEXT));
    if let Ok(host) = host.as_str().parse() {
        headers.insert(HOST, host);
    }
    sender.send_request(request).await
}

/// RFC 8461 §3.3: status 200 and nothing else, `text/plain`, and a file of a bounded size.
async fn policy_file(response: Response<Incoming>) -> Result<Vec<u8>, Stop> {
    let status = response.status();
    if status.is_redirection() {
        return Err(PolicyUnavailable::Redirect(status.as_u16()).into());
    }
    if status != StatusCode::OK {
        return Err(PolicyUnavailable::Status(status.as_u16()).into());
    }
    let media_type = response.headers().get(CONTENT_TYPE).map(|value| value.as_bytes()).unwrap_or_default();
    let media_type =
        String::from_utf8_lossy(media_type.split(|octet| *octet == b';').next().unwrap_or_default());
    let media_type = media_type.trim();
    if !media_type.eq_ignore_ascii_case(TEXT) {
        let shown: String = media_type.chars().take(MAX_SHOWN).collect();
        return Err(PolicyUnavailable::MediaType(shown).into());
    }
    let mut body = pin!(response.into_body());
    let mut octets = Vec::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame.map_err(|_| PolicyUnavailable::NotHttp)?;
        let Ok(data): Result<Bytes, _> = frame.into_data() else { continue };
        if octets.len() + data.len() > MAX_POLICY_FILE {
            return Err(PolicyUnavailable::TooLong.into());
        }
        octets.extend_from_slice(&data);
    }
    Ok(octets)
}

fn tls_fault(error: &io::Error) -> PolicyUnavailable {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => {
            PolicyUnavailable::Certificate(certificate_fault(why))
        }
        Some(other) => PolicyUnavailable::Tls(other.to_string()),
        None => PolicyUnavailable::Tls(error.kind().to_string()),
    }
}

fn certificate_fault(why: &CertificateError) -> CertificateFault {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::OtherName
        }
        CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
        other => CertificateFault::Other(other.to_string()),
    }
}

const PATH: &str = "/.well-known/mta-sts.txt";
const PORT: u16 = 443;
const TEXT: &str = "text/plain";
const AGENT: &str = concat!("postseal/", env!("CARGO_PKG_VERSION"));

/// Addresses of one host that are tried.
const MAX_ADDRESSES: usize = 4;

/// For one address; where nothing answers the next one is tried.
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// Octets of an answer's header, and its fields.
const MAX_HEAD: usize = 16 << 10;
const MAX_HEADERS: usize = 64;

/// Characters of a media type that are told.
const MAX_SHOWN: usize = 80;
