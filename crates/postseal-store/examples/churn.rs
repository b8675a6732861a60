//! Changes domains and keys of a store without end, and says what is done. The test
//! of sudden deaths (`tests/killed.rs`) kills it at random moments.
//!
//! `churn FILE SEED`: one line on standard output for each change that was answered.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use postseal_core::dns::DomainName;
use postseal_core::hosting::{Changes, Conclusion, OrganisationName, OwnershipToken, Slot, Waits};
use postseal_store::{Act, HostedKey, KeyEncryptionKey, Store, StoreError};
use zeroize::Zeroizing;

/// A rotation's steps in seconds: this program's clock jumps.
const WAITS: Waits = Waits { before_signing: 3_600, retiring: 10, revoked: 10 };

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("FILE is missing")?);
    let mut random = Random(arguments.next().ok_or("SEED is missing")?.parse()?);
    let start = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let store = Store::open_sqlite(&path, &KeyEncryptionKey::from_octets([7; 32]), start).await?;
    let owner = OrganisationName::parse("contoso")?;
    let mut now = start;
    match store.add_organisation(&owner, Act { actor: "churn", now }).await {
        Ok(()) | Err(StoreError::OrganisationTaken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    loop {
        // Long enough for a rotation's next step, now and then.
        now += if random.below(4) == 0 { 3_601 } else { 1 };
        let act = Act { actor: "churn", now };
        let domain = DomainName::parse(&format!("d{}.example", random.below(6)))?;
        let done = change(&store, &owner, &domain, &mut random, act).await;
        match done {
            Ok(what) => {
                let mut out = std::io::stdout().lock();
                let (serial, revision) = (store.zone_serial().await?, store.revision().await?);
                writeln!(out, "{what} {domain} serial={serial} revision={revision}")?;
                out.flush()?;
            }
            // The dice asked for what the rules refuse.
            Err(
                StoreError::Refused(_)
                | StoreError::NoDomain(_)
                | StoreError::NoConfiguration(_)
                | StoreError::AlreadyConfigured(_),
            ) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

async fn change(
    store: &Store,
    owner: &OrganisationName,
    domain: &DomainName,
    random: &mut Random,
    act: Act<'_>,
) -> Result<&'static str, StoreError> {
    let key = ed25519();
    match random.below(10) {
        0 | 1 => {
            store.trust_domain(owner, domain, OwnershipToken::from_random([3; 20]), act).await?;
            Ok("trust")
        }
        2 | 3 => {
            let keys = [key, ed25519()];
            store.dkim_new(owner, domain, [&keys[0], &keys[1]], &Changes::default(), act).await?;
            Ok("new")
        }
        4 => {
            see_both(store, owner, domain, act).await?;
            let changes = Changes { enabled: Some(true), ..Changes::default() };
            store.dkim_set(owner, domain, &changes, &WAITS, act).await?;
            Ok("set")
        }
        5 => store.dkim_rotate(owner, domain, None, None, &WAITS, act).await.map(|_| "rotate"),
        6..=8 => {
            see_both(store, owner, domain, act).await?;
            store.dkim_advance(owner, domain, Some(&key), &WAITS, act).await.map(|_| "advance")
        }
        _ if random.below(4) == 0 => store.remove_domain(owner, domain, act).await.map(|()| "remove"),
        _ => store.dkim_revoke_current(owner, domain, &WAITS, act).await.map(|_| "compromised"),
    }
}

async fn see_both(
    store: &Store,
    owner: &OrganisationName,
    domain: &DomainName,
    act: Act<'_>,
) -> Result<(), StoreError> {
    let Some(configuration) = store.dkim_get(owner, domain).await? else { return Ok(()) };
    for slot in Slot::BOTH {
        let looked_at = (slot, configuration.slot(slot));
        store.record_sighting(owner, domain, looked_at, (Conclusion::Seen, &[]), act).await?;
    }
    Ok(())
}

fn ed25519() -> HostedKey {
    let document = aws_lc_rs::signature::Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8());
    let document = document.expect("the library makes keys");
    HostedKey::from_pkcs8(Zeroizing::new(document.as_ref().to_vec())).expect("a key that was just made")
}

/// A small generator: the same seed, the same changes.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
