//! Serves master files, for comparisons with other name servers and for a look:
//! `serve_zone ADDRESS:PORT [--no-rate-limit] FILE…`. Each file is a zone with one SOA record.
//! It writes a line when it is ready and runs until it is ended.

use std::net::SocketAddr;
use std::sync::Arc;

use postseal_core::dns::RecordData;
use postseal_dns::master_file::MasterFile;
use postseal_dns::serve::{CookieSecrets, Listener, ListenerLimits, RecordZone, Responder, StartOfAuthority};

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let address: SocketAddr = arguments.next().ok_or("an address and a port, then files")?.parse()?;
    let mut limited = true;
    let mut zones = Vec::new();
    for argument in arguments {
        match argument.as_str() {
            "--no-rate-limit" => limited = false,
            file => zones.push(zone(&std::fs::read(file)?).map_err(|error| format!("{file}: {error}"))?),
        }
    }
    // A real server has a secret of its own.
    let cookies = CookieSecrets::new(*b"serve_zone is no");
    let make = if limited { Responder::new } else { Responder::without_rate_limit };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let limits = ListenerLimits::default();
        let listener = Listener::start(&[address], Arc::new(zones), Arc::new(make(cookies)), limits).await?;
        #[expect(clippy::print_stdout, reason = "it says where it listens")]
        for address in listener.addresses() {
            println!("ready at {address}");
        }
        std::future::pending::<()>().await;
        Ok(())
    })
}

fn zone(file: &[u8]) -> Result<RecordZone, Failure> {
    let file = MasterFile::read(file)?;
    let soa = file.records.iter().find_map(|record| match &record.data {
        RecordData::Soa { primary, serial, minimum } => Some((record, primary, *serial, *minimum)),
        _ => None,
    });
    let (record, primary, serial, minimum) = soa.ok_or("no SOA record")?;
    // The reader of master files keeps of an SOA what verdicts need; the rest is as usual.
    let mailbox = record.name.with_prefix("hostmaster")?;
    let usual = StartOfAuthority::new(primary.clone(), mailbox, serial);
    let mut zone = RecordZone::new(&record.name, &StartOfAuthority { minimum, ttl: record.ttl, ..usual });
    for record in &file.records {
        if !matches!(record.data, RecordData::Soa { .. }) {
            zone.add(&record.name, record.ttl, &record.data)?;
        }
    }
    Ok(zone)
}
