use std::fmt;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postseal_store::{PrivateFileError, PrivateFiles, Readers};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// What a node shows of itself over TLS: a certificate chain and its private key, read and found to
/// fit. TLS 1.2 and 1.3, HTTP/1.1.
#[derive(Clone)]
pub(crate) struct TlsIdentity(Arc<ServerConfig>);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsIdentityError {
    /// The file with the chain.
    #[error("{}: {error}", path.display())]
    Certificate { path: PathBuf, error: String },
    /// The file with the key is not there or not safe.
    #[error(transparent)]
    KeyFile(#[from] PrivateFileError),
    #[error("{}: no private key (PEM) is in it", .0.display())]
    NoKey(PathBuf),
    /// The key is another certificate's, or of a kind that TLS does not know.
    #[error("certificate and key do not fit: {0}")]
    NoFit(rustls::Error),
}

impl TlsIdentity {
    /// Reads both files. It blocks.
    ///
    /// # Errors
    /// [`TlsIdentityError`] names the file.
    pub(crate) fn read(certificate: &Path, key: &Path) -> Result<TlsIdentity, TlsIdentityError> {
        let failed = |error: String| TlsIdentityError::Certificate { path: certificate.to_owned(), error };
        let chain = CertificateDer::pem_file_iter(certificate).map_err(|error| failed(error.to_string()))?;
        let chain = chain.take(MAX_CHAIN).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| failed(error.to_string()))?;
        if chain.is_empty() {
            return Err(failed("no certificate (PEM) is in it".to_owned()));
        }
        let key = read_key(key)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(TlsIdentityError::NoFit)?.with_no_client_auth();
        let mut config = builder.with_single_cert(chain, key).map_err(TlsIdentityError::NoFit)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsIdentity(Arc::new(config)))
    }

    /// For a connection that begins now.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0)
    }
}

/// Without the key.
impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsIdentity")
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsIdentityError> {
    let failed = |source: io::Error| PrivateFileError::Read { path: path.to_owned(), source };
    // Programs that renew certificates leave symbolic links: the file behind is looked at.
    let real = path.canonicalize().map_err(failed)?;
    let file = PrivateFiles::new(Readers::Group, MAX_KEY).open(&real)?;
    let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
    file.take(MAX_KEY).read_to_end(&mut text).map_err(failed)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| TlsIdentityError::NoKey(path.to_owned()))
}

/// Certificates of a chain.
const MAX_CHAIN: usize = 16;

/// Octets of a file with a key.
const MAX_KEY: u64 = 64 * 1024;

/// For most keys at once: a vector that grows leaves copies behind.
const ROOM: usize = 16 * 1024;
