//! `[sign]` and `[seal]`: who signs as whom, with which keys.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dkim::{Algorithm, Canonicalization, SignedNames};
use postseal_core::dns::DomainName;

use super::values;
use crate::config::Depth;
use crate::config::domains_file::{self, Line};
use crate::config::fault::{Fault, FaultKind, Place};
use crate::config::quantity::{EXPIRY, duration};
use crate::config::source::Source;
use crate::config::table::Table;
use crate::config::{MilterAddress, OnForeignAuthor, SealSettings, SignSettings};
use crate::signing::{
    DomainKey, HostedManner, KeyFiles, KeyPlace, SigningDomain, SigningDomains, SigningSource,
    SigningSources, SourceDomains,
};

const KEYS: &[&str] = &[
    "on_foreign_author",
    "canonicalization",
    "headers",
    "expire_after",
    "subdomains",
    "domains_file",
    "domain",
    "source",
];

const DOMAIN_KEYS: &[&str] =
    &["name", "selector", "key_file", "subdomains", "canonicalization", "headers", "expire_after", "ed25519"];

const ED25519_KEYS: &[&str] = &["selector", "key_file", "routes"];

const SOURCE_KEYS: &[&str] = &[
    "login",
    "network",
    "listener",
    "daemon_name",
    "local",
    "domains",
    "organisations",
    "all_domains",
    "on_foreign_author",
];

/// `[sign]` and everything below it.
pub(super) fn sign(file: &Table<'_, '_>, listen: &[MilterAddress], depth: Depth<'_>) -> SignSettings {
    let Some(table) = file.table("sign", "[sign]", KEYS) else {
        return SignSettings {
            sources: SigningSources::default(),
            domains: SigningDomains::default(),
            named: HashMap::new(),
            hosted: Manner::standard().of_hosted(),
        };
    };
    let defaults = Manner::of(&table, &Manner::standard());
    let mut signing = Signing {
        domains: SigningDomains::default(),
        named: HashMap::new(),
        table: &table,
        depth,
        files: KeyFiles::new(),
    };
    for domain in table.tables("domain", "[[sign.domain]]", DOMAIN_KEYS) {
        signing.add_table(&domain, &defaults);
    }
    if let Some(path) = table.parsed("domains_file", values::filled) {
        signing.add_file(&table.findings().source.path(&path), &defaults);
    }
    let foreign = table.choice("on_foreign_author", &FOREIGN).unwrap_or(OnForeignAuthor::Unsigned);
    let sources = table.tables("source", "[[sign.source]]", SOURCE_KEYS);
    let has_store = file.has("store");
    let sources: Vec<SigningSource> = sources
        .iter()
        .filter_map(|source| signing_source(source, listen, &signing.domains, foreign, has_store))
        .collect();
    signing.warn_of_unused(&sources);
    let sources = SigningSources::new(sources);
    SignSettings { sources, domains: signing.domains, named: signing.named, hosted: defaults.of_hosted() }
}

/// The domains that sign, as they are found.
struct Signing<'a, 'f, 's> {
    domains: SigningDomains,
    /// Where the domains of `[[sign.domain]]` are named.
    named: HashMap<DomainName, Place>,
    table: &'a Table<'f, 's>,
    depth: Depth<'a>,
    files: KeyFiles,
}

impl Signing<'_, '_, '_> {
    fn add_table(&mut self, table: &Table<'_, '_>, defaults: &Manner) {
        let name = table.required("name", "contoso.example", values::domain);
        let manner = Manner::of(table, defaults);
        let domain = name.as_ref().map(|name| &name.value);
        let mut keys: Vec<DomainKey> = key(table, domain, None, &mut self.files).into_iter().collect();
        if let Some(second) = table.table("ed25519", "[sign.domain.ed25519]", ED25519_KEYS) {
            keys.extend(key(&second, domain, Some(Algorithm::Ed25519Sha256), &mut self.files));
        }
        let Some(name) = name else { return };
        let place = table.findings().source.place(name.at);
        if self.domains.add(manner.domain(name.value.clone(), keys)).is_ok() {
            self.named.insert(name.value, place);
        } else if let Some(first) = self.named.get(&name.value).cloned() {
            self.fault(place, FaultKind::DuplicateDomain { domain: name.value, first });
        }
    }

    fn add_file(&mut self, path: &Path, defaults: &Manner) {
        let source = match Source::read(path, MAX_DOMAINS_FILE) {
            Ok(source) => source,
            Err(fault) => return self.table.findings().push(fault),
        };
        let (lines, faults) = domains_file::read(&source);
        faults.into_iter().take(MAX_FAULTS).for_each(|fault| self.table.findings().push(fault));
        self.domains.reserve(lines.len());
        let known: HashSet<&Path> = match self.depth {
            Depth::Reload(running) => {
                running.sign.domains.iter().flat_map(|d| &d.keys).filter_map(|k| k.place.file()).collect()
            }
            Depth::Start | Depth::Everything => HashSet::new(),
        };
        let mut faults = 0;
        for line in &lines {
            let key = DomainKey {
                selector: line.selector.clone(),
                place: KeyPlace::File(Arc::clone(&line.key_file)),
                routes: Vec::new(),
            };
            let kind = match self.domains.add(defaults.domain(line.domain.clone(), vec![key])) {
                // The domain counts as known, and nothing more is said.
                _ if faults == MAX_FAULTS => None,
                Err(_) => {
                    let first = self.first_of(line, &lines, &source);
                    Some(FaultKind::DuplicateDomain { domain: line.domain.clone(), first })
                }
                Ok(()) => self.check_key(line, &known),
            };
            if let Some(kind) = kind {
                self.fault(source.place(line.at.clone()), kind);
                faults += 1;
            }
        }
    }

    /// At the start there is no time for this: the node does it when it is up.
    fn check_key(&mut self, line: &Line, known: &HashSet<&Path>) -> Option<FaultKind> {
        let error = match self.depth {
            Depth::Start => None,
            Depth::Reload(_) if known.contains(&*line.key_file) => self.files.check(&line.key_file).err(),
            Depth::Reload(_) | Depth::Everything => self.files.read(&line.key_file).err(),
        };
        error.map(|error| FaultKind::KeyFile { domain: line.domain.clone(), error })
    }

    /// Where a domain was named first.
    fn first_of(&self, line: &Line, lines: &[Line], source: &Source) -> Place {
        if let Some(place) = self.named.get(&line.domain) {
            return place.clone();
        }
        let first = lines.iter().find(|earlier| earlier.domain == line.domain).unwrap_or(line);
        source.place(first.at.clone())
    }

    /// Warns of domains with a table of their own that nobody may sign as.
    fn warn_of_unused(&self, sources: &[SigningSource]) {
        let mut used = HashSet::new();
        for source in sources {
            match &source.domains {
                SourceDomains::All => return,
                SourceDomains::Listed { domains, .. } => {
                    used.extend(
                        domains.iter().filter_map(|name| self.domains.find(name)).map(|found| &found.domain),
                    );
                }
            }
        }
        for (domain, place) in self.named.iter().filter(|(domain, _)| !used.contains(domain)) {
            self.fault(place.clone(), FaultKind::Unused { domain: domain.clone() });
        }
    }

    fn fault(&self, place: Place, kind: FaultKind) {
        self.table.findings().push(Fault { place, kind });
    }
}

const FOREIGN: [(&str, OnForeignAuthor); 2] =
    [("unsigned", OnForeignAuthor::Unsigned), ("refuse", OnForeignAuthor::Refuse)];

/// How a domain signs: what `[sign]` says for all, and `[[sign.domain]]` for one.
#[derive(Clone)]
struct Manner {
    forms: (Canonicalization, Canonicalization),
    names: Arc<SignedNames>,
    expire_after: Option<Duration>,
    subdomains: bool,
}

impl Manner {
    fn standard() -> Manner {
        Manner {
            forms: (Canonicalization::Relaxed, Canonicalization::Relaxed),
            names: Arc::new(SignedNames::Usual),
            expire_after: None,
            subdomains: false,
        }
    }

    /// What a table says, and where it is silent, what another said.
    fn of(table: &Table<'_, '_>, other: &Manner) -> Manner {
        Manner {
            forms: table.parsed("canonicalization", values::canonicalization).unwrap_or(other.forms),
            names: table
                .parsed("headers", values::headers)
                .map_or_else(|| Arc::clone(&other.names), Arc::new),
            expire_after: table.parsed("expire_after", |text| duration(text, &EXPIRY)).or(other.expire_after),
            subdomains: table.flag("subdomains").unwrap_or(other.subdomains),
        }
    }

    fn of_hosted(&self) -> HostedManner {
        HostedManner { names: Arc::clone(&self.names), expire_after: self.expire_after }
    }

    fn domain(&self, domain: DomainName, keys: Vec<DomainKey>) -> SigningDomain {
        SigningDomain {
            domain,
            subdomains: self.subdomains,
            keys,
            header_form: self.forms.0,
            body_form: self.forms.1,
            names: Arc::clone(&self.names),
            expire_after: self.expire_after,
            alarm: false,
        }
    }
}

/// Selector and key file of one table. `expected` is the kind of key that it must be.
fn key(
    table: &Table<'_, '_>,
    domain: Option<&DomainName>,
    expected: Option<Algorithm>,
    files: &mut KeyFiles,
) -> Option<DomainKey> {
    let selector = table.required("selector", "s1", values::selector);
    let path = table.required("key_file", "/etc/postseal/keys/contoso.example.pem", values::filled);
    let routes = if expected.is_some() { table.list("routes", values::domain) } else { None };
    let (selector, path) = (selector?, path?);
    let file: Arc<Path> = Arc::from(table.findings().source.path(&path.value));
    if let Some(domain) = domain {
        if let Err(error) = selector.value.key_name(domain) {
            table.add(selector.at, FaultKind::KeyName { error });
        }
        match files.read(&file).map(|key| key.algorithm()) {
            Err(error) => {
                table.add(path.at, FaultKind::KeyFile { domain: domain.clone(), error });
            }
            Ok(Algorithm::Ed25519Sha256) if expected.is_none() => table.add(path.at, FaultKind::OnlyEd25519),
            Ok(found) if expected.is_some_and(|expected| expected != found) => {
                table.add(path.at, FaultKind::NotEd25519);
            }
            Ok(_) => {}
        }
    }
    let routes = routes.unwrap_or_default().into_iter().map(|route| route.value).collect();
    Some(DomainKey { selector: selector.value, place: KeyPlace::File(file), routes })
}

fn signing_source(
    table: &Table<'_, '_>,
    listen: &[MilterAddress],
    domains: &SigningDomains,
    foreign: OnForeignAuthor,
    has_store: bool,
) -> Option<SigningSource> {
    let source_file = table.findings().source;
    let login = table.parsed("login", values::login);
    let networks = table.filled_list("network", values::network);
    let listener = table.parsed("listener", |text| {
        let listener = values::milter_address(text, source_file)?;
        if listen.contains(&listener) { Ok(listener) } else { Err(FaultKind::SourceListener { listener }) }
    });
    let daemon_name = table.parsed("daemon_name", values::filled);
    let local = table.flag("local");
    let conditions = ["login", "network", "listener", "daemon_name"];
    if !conditions.iter().any(|key| table.has(key)) && local != Some(true) {
        table.add(table.at.clone(), FaultKind::SourceWithoutCondition);
    }
    // A condition that is wrong would be one less if the source were used without it.
    let complete = conditions.iter().all(|key| {
        !table.has(key)
            || match *key {
                "login" => login.is_some(),
                "network" => networks.is_some(),
                "listener" => listener.is_some(),
                _ => daemon_name.is_some(),
            }
    });
    let domains = source_domains(table, domains, has_store);
    let on_foreign_author = table.choice("on_foreign_author", &FOREIGN).unwrap_or(foreign);
    if !complete {
        return None;
    }
    Some(SigningSource {
        login,
        networks: networks.unwrap_or_default().into_iter().map(|network| network.value).collect(),
        listener,
        daemon_name,
        local: local.unwrap_or(false),
        domains: domains?,
        on_foreign_author,
    })
}

fn source_domains(table: &Table<'_, '_>, domains: &SigningDomains, has_store: bool) -> Option<SourceDomains> {
    let all = table.flag("all_domains") == Some(true);
    let listed = table.filled_list("domains", values::domain);
    let organisations = table.filled_list("organisations", values::organisation);
    let some = table.has("domains") || table.has("organisations");
    if all && some {
        table.add(table.place_of("all_domains"), FaultKind::SourceWithBoth);
        return None;
    }
    if all {
        return Some(SourceDomains::All);
    }
    if !some {
        table.add(table.at.clone(), FaultKind::SourceWithoutDomains);
        return None;
    }
    // What is wrong in one of the lists is noted, and the file is not used.
    let (listed, organisations) = (listed.unwrap_or_default(), organisations.unwrap_or_default());
    if !has_store {
        for name in listed.iter().filter(|name| domains.find(&name.value).is_none()) {
            table.add(name.at.clone(), FaultKind::SourceDomain { domain: name.value.clone() });
        }
        if let Some(first) = organisations.first() {
            table.add(first.at.clone(), FaultKind::OrganisationWithoutStore);
        }
    }
    Some(SourceDomains::Listed {
        domains: listed.into_iter().map(|name| name.value).collect(),
        organisations: organisations.into_iter().map(|name| name.value).collect(),
    })
}

/// `[seal]`
pub(super) fn seal(file: &Table<'_, '_>) -> Option<SealSettings> {
    let table = file.table("seal", "[seal]", &["domain", "selector", "key_file"])?;
    let domain = table.required("domain", "example.net", values::domain);
    let name = domain.as_ref().map(|domain| &domain.value);
    let key = key(&table, name, None, &mut KeyFiles::new());
    let (domain, key) = (domain?.value, key?);
    let key_file = key.place.file()?.to_path_buf();
    Some(SealSettings { domain, selector: key.selector, key_file })
}

/// Octets of a domains file: room for a million lines.
const MAX_DOMAINS_FILE: u64 = 256_000_000;

/// Faults of one domains file that are said; its lines are often wrong in the same way.
const MAX_FAULTS: usize = 100;
