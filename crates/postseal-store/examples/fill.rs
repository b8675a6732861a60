//! Fills a store with domains that sign, for `bench/hosted_keys`: made, seen and enabled as any domain is.
//!
//! `fill FILE KEY-FILE DOMAINS [FIRST [EACH]]`: the key-encryption key is in the key file; the first domain has this number, and an
//! organisation has so many (10). Sixteen RSA keys of 2048
//! bits are made and used by turns; in the store each domain has its own, sealed for it alone.

use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use postseal_core::dns::DomainName;
use postseal_core::hosting::{Changes, Conclusion, OrganisationName, OwnershipToken, Slot, Waits};
use postseal_store::{Act, HostedKey, KeySource, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("FILE is missing")?);
    let key = KeySource::File(arguments.next().ok_or("KEY-FILE is missing")?.into()).read()?;
    let domains: usize = arguments.next().ok_or("DOMAINS is missing")?.parse()?;
    let first: usize = arguments.next().map_or(Ok(0), |number| number.parse())?;
    let each: usize = arguments.next().map_or(Ok(DOMAINS_EACH), |number| number.parse())?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let store = Store::open_sqlite(&path, &key, now).await?;
    let act = Act { actor: "fill", now };
    let keys = (0..16).map(|_| HostedKey::generate(2_048)).collect::<Result<Vec<_>, _>>()?;
    let begun = Instant::now();
    for number in first..first + domains {
        let owner = OrganisationName::parse(&format!("org{}", number / each))?;
        if number % each == 0 || number == first {
            store.add_organisation(&owner, act).await?;
        }
        let domain = DomainName::parse(&format!("d{number}.example"))?;
        let pair = [&keys[number % 16], &keys[(number + 1) % 16]];
        enable(&store, &owner, &domain, pair, act).await?;
    }
    store.close().await;
    let taken = begun.elapsed();
    let mut out = std::io::stdout().lock();
    std::io::Write::write_fmt(&mut out, format_args!("{domains} domains in {taken:.1?}\n"))?;
    Ok(())
}

async fn enable(
    store: &Store,
    owner: &OrganisationName,
    domain: &DomainName,
    keys: [&HostedKey; 2],
    act: Act<'_>,
) -> Result<(), Box<dyn std::error::Error>> {
    store.trust_domain(owner, domain, OwnershipToken::from_random([7; 20]), act).await?;
    let (made, _) = store.dkim_new(owner, domain, keys, &Changes::default(), act).await?;
    for slot in Slot::BOTH {
        let seen = (Conclusion::Seen, [].as_slice());
        store.record_sighting(owner, domain, (slot, made.slot(slot)), seen, act).await?;
    }
    let enabled = Changes { enabled: Some(true), ..Changes::default() };
    store.dkim_set(owner, domain, &enabled, &Waits::default(), act).await?;
    Ok(())
}

/// Domains of one organisation, unless told otherwise.
const DOMAINS_EACH: usize = 10;
