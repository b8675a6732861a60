use std::sync::Arc;
use std::time::Duration;

use postseal_core::dkim::{
    BodyHashes, Cause, DkimResult, Signer, SigningKey, SigningSettings, Verifier, VerifyOptions,
};
use postseal_core::dns::{Answer, Answers, Question};
use postseal_core::hosting::OutsideSignature;
use postseal_core::message::HeaderSection;
use postseal_dns::ask::{Ask, Resolver, drive};
use rustls_pki_types::PrivatePkcs8KeyDer;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::Sought;

/// Signs a small message with the key, and verifies it as any receiver would: with what a
/// resolver returns, or with `given` in its place. After each key change this holds what we
/// sign with to what we publish.
pub(super) async fn verify_own_signature(
    sought: Sought<'_>,
    pkcs8: Zeroizing<Vec<u8>>,
    given: Option<Answer>,
    outside: &Arc<Resolver>,
    now: u64,
) -> OutsideSignature {
    let mut settings = SigningSettings::new(sought.domain.clone(), sought.selector.clone());
    settings.signed_at = Some(now);
    let domain = sought.domain;
    let rest = format!("From: postmaster@{domain}\r\nSubject: A message that is never sent\r\n");
    let signing = {
        let rest = rest.clone();
        spawn_blocking(move || sign(settings, &rest, &pkcs8))
    };
    let Ok(Some(field)) = signing.await else { return OutsideSignature::Failed };
    let section = HeaderSection::parse(format!("{field}{rest}").into_bytes());
    let mut hashes = BodyHashes::new();
    let mut verifier = Verifier::new(&section, Some(domain), &mut hashes, &VerifyOptions::default(), now);
    hashes.update(BODY);
    let body = hashes.finish();
    let mut answers = Answers::new(&());
    if let Some(answer) = given {
        answers.give(Arc::new(answer));
    }
    let asking = Arc::new(Outside(Arc::clone(outside)));
    let step = |answers: &mut Answers<'_>| verifier.evaluate(&section, &body, answers);
    if drive(&mut answers, &asking, TIME, step).await.is_err() {
        return OutsideSignature::Failed;
    }
    match verifier.results().next() {
        Some(result) if result.result == DkimResult::Pass => OutsideSignature::Verified,
        Some(result) if matches!(result.cause, Some(Cause::Dns(_))) => OutsideSignature::NoAnswer,
        _ => OutsideSignature::Failed,
    }
}

fn sign(settings: SigningSettings, rest: &str, pkcs8: &[u8]) -> Option<String> {
    let key = SigningKey::from_pkcs8(&PrivatePkcs8KeyDer::from(pkcs8)).ok()?;
    let mut signer = Signer::new(settings, &HeaderSection::parse(rest.as_bytes().to_vec())).ok()?;
    signer.update(BODY);
    signer.finish(&key).ok()
}

/// A resolver that is asked each time.
struct Outside(Arc<Resolver>);

impl Ask for Outside {
    async fn ask(&self, question: Question) -> Arc<Answer> {
        Arc::new(self.0.ask(&question).await)
    }
}

const BODY: &[u8] = b"It shows that what is signed here verifies elsewhere.\r\n";

/// For the resolver to find the key.
const TIME: Duration = Duration::from_secs(10);
