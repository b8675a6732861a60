use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Why no server's certificate can be checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthoritiesError {
    /// No certificate of an authority can be read from the file.
    #[error("{path}: {error}", path = path.display())]
    File { path: PathBuf, error: String },
    #[error("the system's certificate authorities cannot be read: {0}")]
    System(String),
}

/// TLS 1.2 and 1.3, with certificates checked. `authorities`: a PEM file of whom to trust in place of the
/// system's. It blocks: some files are read.
///
/// # Errors
/// [`AuthoritiesError`]
pub(crate) fn client_config(authorities: Option<&Path>) -> Result<ClientConfig, AuthoritiesError> {
    let mut roots = RootCertStore::empty();
    match authorities {
        Some(path) => {
            let failed = |error: String| AuthoritiesError::File { path: path.to_owned(), error };
            let found = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
            for certificate in found {
                let certificate = certificate.map_err(|error| failed(error.to_string()))?;
                roots.add(certificate).map_err(|error| failed(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(failed("no certificate is in it".to_owned()));
            }
        }
        None => {
            let found = rustls_native_certs::load_native_certs();
            // Some of a system's are always odd.
            roots.add_parsable_certificates(found.certs);
            if roots.is_empty() {
                let why = found.errors.first().map_or("there are none".to_owned(), ToString::to_string);
                return Err(AuthoritiesError::System(why));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let made = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let made = made.map_err(|error| AuthoritiesError::System(error.to_string()))?;
    Ok(made.with_root_certificates(roots).with_no_client_auth())
}
