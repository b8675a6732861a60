use aws_lc_rs::rand;
use postseal_core::hosting::OwnershipToken;
use postseal_store::HostedKey;
use tokio::task::spawn_blocking;

use super::ServiceError;

/// A key of this size, made on a thread of its own.
pub(super) async fn new_key(bits: u32) -> Result<HostedKey, ServiceError> {
    let made = spawn_blocking(move || HostedKey::generate(bits)).await;
    Ok(made.map_err(|_| ServiceError::Fault("the making of a key has panicked"))??)
}

/// Two keys, made side by side.
pub(super) async fn two_keys(bits: u32) -> Result<[HostedKey; 2], ServiceError> {
    let (first, second) = tokio::join!(new_key(bits), new_key(bits));
    Ok([first?, second?])
}

/// A token that nobody can guess.
pub(super) fn new_token() -> Result<OwnershipToken, ServiceError> {
    let mut random = [0; 20];
    rand::fill(&mut random).map_err(|_| ServiceError::Fault("no random octets"))?;
    Ok(OwnershipToken::from_random(random))
}
