use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use aws_lc_rs::rand;
use postseal_store::PasswordHash;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::ServiceError;

/// Makes and checks password hashes: argon2id (RFC 9106) with 19 MiB and two passes, on threads of
/// their own, two at a time, so that guessing takes neither the memory nor the time of the rest.
pub(super) struct Passwords {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordFault {
    #[error("a password has at least 12 characters")]
    TooShort,
    #[error("a password has at most 1024 octets")]
    TooLong,
    #[error("this password repeats a few characters")]
    TooPlain,
    #[error("this password is the name of the account over again")]
    TheName,
}

impl Passwords {
    pub(super) fn new() -> Passwords {
        Passwords { places: Arc::new(Semaphore::new(PLACES)), turns: Arc::new(Semaphore::new(TURNS)) }
    }

    /// Hashes a password that may be one.
    pub(super) async fn hash(&self, password: &str) -> Result<PasswordHash, ServiceError> {
        let password = Zeroizing::new(password.to_owned());
        let mut salt = [0; 16];
        rand::fill(&mut salt).map_err(|_| ServiceError::Fault("no random octets"))?;
        let made = self.turn(move || hash(&password, &salt)).await?;
        made.ok_or(ServiceError::Fault("no password hash can be made"))
    }

    /// Whether a password is the one of `kept`. Where there is none, it is hashed all the same,
    /// and takes as long.
    pub(super) async fn verify(
        &self,
        password: &str,
        kept: Option<&PasswordHash>,
    ) -> Result<bool, ServiceError> {
        // A longer one is nobody's.
        let length = password.len().min(MAX_OCTETS + 1);
        let password = Zeroizing::new(password.as_bytes()[..length].to_vec());
        let kept = kept.cloned();
        self.turn(move || match kept {
            Some(kept) => Argon2::default().verify_password(&password, kept.phc()).is_ok(),
            None => {
                let _ = Argon2::default().hash_password_with_salt(&password, b"nobody's account");
                false
            }
        })
        .await
    }

    /// Waits for a turn. Whoever goes away keeps it until the work is done.
    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| ServiceError::Busy)?;
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(ServiceError::Busy)?;
        let done = spawn_blocking(move || {
            let _held = (place, turn);
            work()
        });
        done.await.map_err(|_| ServiceError::Fault("the hashing of a password has panicked"))
    }
}

fn hash(password: &str, salt: &[u8]) -> Option<PasswordHash> {
    let made = Argon2::default().hash_password_with_salt(password.as_bytes(), salt).ok()?;
    Some(PasswordHash::new(made.to_string()))
}

/// Whether a password may be the one of an account.
pub(super) fn check(password: &str, name: &str) -> Result<(), PasswordFault> {
    if password.chars().count() < MIN_CHARACTERS {
        return Err(PasswordFault::TooShort);
    }
    if password.len() > MAX_OCTETS {
        return Err(PasswordFault::TooLong);
    }
    let mut characters: Vec<char> = password.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    if characters.len() < DIFFERENT {
        return Err(PasswordFault::TooPlain);
    }
    if !name.is_empty() && password.to_lowercase().replace(name, "").is_empty() {
        return Err(PasswordFault::TheName);
    }
    Ok(())
}

/// Characters of a password (OWASP ASVS 2.1.1).
const MIN_CHARACTERS: usize = 12;
const MAX_OCTETS: usize = 1_024;

/// Different characters of a password.
const DIFFERENT: usize = 5;

/// Hashes at once: 38 MiB.
const TURNS: usize = 2;

/// Those who are hashed for and those who wait.
const PLACES: usize = 16;

const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_may_be_one() {
        let check = |password: &str, expected: Result<(), PasswordFault>| {
            assert_eq!(check(password, "keiko-ito"), expected, "{password}");
        };
        check("correct horse battery", Ok(()));
        check("十二文字以上のパスワード", Ok(()));
        check("eleven char", Err(PasswordFault::TooShort));
        check("abababababab", Err(PasswordFault::TooPlain));
        check("Keiko-ItoKeiko-Ito", Err(PasswordFault::TheName));
        check(&"0123456789".repeat(103), Err(PasswordFault::TooLong));
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_salted_and_right_for_one_password_only() {
        let passwords = Passwords::new();
        let first = passwords.hash("correct horse battery").await.expect("hashed");
        let second = passwords.hash("correct horse battery").await.expect("hashed");
        assert!(first.phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", first.phc());
        assert_ne!(first, second);
        let right = async |password: &str, kept| passwords.verify(password, kept).await.expect("a turn");
        assert!(right("correct horse battery", Some(&first)).await);
        assert!(!right("correct horse batterx", Some(&first)).await);
        assert!(!right("", Some(&first)).await && !right("correct horse battery", None).await);
        let broken = PasswordHash::new("not a hash".to_owned());
        assert!(!right("correct horse battery", Some(&broken)).await);
    }

    #[tokio::test]
    async fn those_beyond_the_places_are_told_to_come_again() {
        let passwords = Passwords::new();
        let _all = passwords.places.acquire_many(16).await.expect("free");
        let refused = passwords.verify("correct horse battery", None).await;
        assert!(matches!(refused, Err(ServiceError::Busy)), "{refused:?}");
    }
}
