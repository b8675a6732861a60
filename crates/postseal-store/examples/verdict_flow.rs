//! Verdicts flow into a spool and from there into a store until the process is killed: for
//! `tests/verdicts_killed.rs`. Says how many are on disk after each write.
//!
//! verdict_flow STORE SPOOL FIRST PAUSE: the number of the first one, milliseconds after each write

use std::borrow::Cow;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use postseal_core::arc::ArcResult;
use postseal_core::dmarc::{
    Alignment, AlignmentMode, DiscoveryMethod, Disposition, DmarcResult, FailureOptions, Policy,
};
use postseal_core::dns::DomainName;
use postseal_core::spf::SpfResult;
use postseal_core::verdict::{AuthResults, PolicyEvaluated, PolicyPublished, SpfAuthResult};
use postseal_store::{KeyEncryptionKey, SpoolReader, Store, VerdictRecord, VerdictRows};

/// None gives way.
const SPOOL: u64 = 1 << 40;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, store, spool, first, pause] = arguments.as_slice() else {
        return Err("STORE SPOOL FIRST PAUSE".into());
    };
    let pause = Duration::from_millis(pause.parse()?);
    let (mut writer, reader) = postseal_store::spool(Path::new(spool));
    let store = store.clone();
    std::thread::spawn(move || ship(&store, reader));
    let mut out = std::io::stdout().lock();
    let mut number: u64 = first.parse()?;
    loop {
        let some = 1 + number % 40;
        let records: Vec<VerdictRecord> = (number..number + some).map(record).collect();
        writer.append(&records, SPOOL)?;
        number += some;
        writeln!(out, "{number}")?;
        out.flush()?;
        std::thread::sleep(pause);
    }
}

fn ship(path: &str, mut reader: SpoolReader) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let key = KeyEncryptionKey::from_octets([7; 32]);
        let Ok(store) = Store::open_sqlite(Path::new(path), &key, 0).await else { return };
        loop {
            match reader.next_batch(100) {
                Ok(Some(batch)) => {
                    while store.record_verdicts(&batch, VerdictRows::Kept, 0).await.is_err() {}
                }
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    });
}

/// The nth message; its queue id says so.
fn record(number: u64) -> VerdictRecord {
    let name = |text: &str| DomainName::parse(text).ok();
    VerdictRecord {
        at: 1_800_000_000 + number,
        queue_id: number.to_string(),
        client: Some(IpAddr::from([192, 0, 2, u8::try_from(number % 50).unwrap_or(0)])),
        mail_from: None,
        author_domain: name("contoso.example"),
        auth_results: AuthResults {
            dkim: Vec::new(),
            spf: SpfAuthResult { domain: None, result: SpfResult::None },
        },
        arc: ArcResult::None,
        dmarc: DmarcResult::Fail,
        aligned: Some(Alignment::default()),
        policy: Some(Policy::None),
        action: Cow::Borrowed("deliver"),
        evaluated: name("contoso.example").map(|domain| PolicyEvaluated {
            published: PolicyPublished {
                domain,
                discovery_method: DiscoveryMethod::TreeWalk,
                p: Policy::None,
                sp: None,
                np: None,
                fo: FailureOptions { any: false, dkim: false, spf: false },
                adkim: AlignmentMode::Relaxed,
                aspf: AlignmentMode::Relaxed,
                testing: false,
            },
            disposition: Disposition::None,
            aligned: Alignment::default(),
            reasons: Vec::new(),
        }),
    }
}
