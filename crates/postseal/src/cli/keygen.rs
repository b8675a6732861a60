use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, ValueEnum};
use postseal_core::dkim::SigningKey;
use postseal_core::dns::{DomainName, RecordData, TxtRecord};
use postseal_dns::master_file::write_data;
use serde::Serialize;
use zeroize::Zeroizing;

use super::Status;
use super::problem::Problem;
use super::terminal::Terminal;
use crate::words::{Lang, say};

/// Make a signing key and the DNS record to publish
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct KeygenArgs {
    /// Kind of key: rsa or ed25519 [default: rsa]
    #[arg(
        long,
        value_enum,
        value_name = "ALGORITHM",
        default_value = "rsa",
        hide_default_value = true,
        hide_possible_values = true
    )]
    algorithm: Algorithm,
    /// Length of an RSA key: 2048, 3072 or 4096 [default: 2048]
    #[arg(long, value_name = "BITS")]
    bits: Option<u32>,
    /// Write the private key to this new file (mode 0600)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Selector in the DNS record that is shown [default: selector1]
    #[arg(long, value_name = "SELECTOR", default_value = "selector1", hide_default_value = true)]
    selector: String,
    /// Domain in the DNS record that is shown
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  postseal keygen --domain contoso.example --selector selector1 --out selector1.pem
  postseal keygen --algorithm ed25519 > key.pem";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Algorithm {
    Rsa,
    Ed25519,
}

#[derive(Serialize)]
struct Output<'k> {
    algorithm: &'static str,
    bits: Option<u32>,
    /// Null where it went to a file.
    private_key: Option<&'k str>,
    file: Option<String>,
    dns: DnsRecord,
}

#[derive(Serialize)]
struct DnsRecord {
    name: String,
    r#type: &'static str,
    value: String,
    zone_line: String,
}

pub(super) fn run(args: &KeygenArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let name = record_name(args, lang)?;
    let bits = match args.algorithm {
        Algorithm::Rsa => Some(args.bits.unwrap_or(2048)),
        Algorithm::Ed25519 if args.bits.is_some() => {
            return Err(Problem::new(say!(
                lang,
                "--bits is for RSA keys; an Ed25519 key has one length",
                "--bits は RSA 鍵のためのものです。Ed25519 鍵の長さは一つだけです"
            )));
        }
        Algorithm::Ed25519 => None,
    };
    let size = bits.map(|bits| key_size(bits, lang)).transpose()?;
    let pem = match size {
        Some(size) => rsa(size),
        None => ed25519(),
    };
    let failed = || Problem::new(say!(lang, "the key could not be made", "鍵を作れませんでした"));
    let pem = pem.map_err(|Unspecified| failed())?;
    // Read back as `sign` will read it: what is shown to be published is that key's record.
    let key = SigningKey::from_pem(pem.as_bytes()).map_err(|_| failed())?;
    if let Some(path) = &args.out {
        write_private(path, &pem, lang)?;
    }
    let dns = dns_record(&name, key.record());
    if terminal.json {
        terminal.print_json(&Output {
            algorithm: match args.algorithm {
                Algorithm::Rsa => "rsa",
                Algorithm::Ed25519 => "ed25519",
            },
            bits,
            private_key: args.out.is_none().then_some(pem.as_str()),
            file: args.out.as_ref().map(|path| path.display().to_string()),
            dns,
        })?;
        return Ok(Status::Good);
    }
    match &args.out {
        Some(path) => terminal.print(&published_text(&dns, Some(path), lang))?,
        None => {
            terminal.print(&pem)?;
            let _ = io::stderr().lock().write_all(published_text(&dns, None, lang).as_bytes());
        }
    }
    Ok(Status::Good)
}

fn record_name(args: &KeygenArgs, lang: Lang) -> Result<String, Problem> {
    let selector = args.selector.as_str();
    let bad = |what: &str| {
        Problem::new(say!(
            lang,
            "{what:?} cannot be part of a DNS name",
            "{what:?} は DNS 名の一部になれません"
        ))
    };
    DomainName::parse(selector).map_err(|_| bad(selector))?;
    let Some(domain) = &args.domain else { return Ok(format!("{selector}._domainkey")) };
    let domain = DomainName::parse(domain).map_err(|_| bad(domain))?;
    let name = domain.with_prefix(&format!("{selector}._domainkey")).map_err(|_| bad(selector))?;
    Ok(format!("{name}."))
}

fn key_size(bits: u32, lang: Lang) -> Result<KeySize, Problem> {
    match bits {
        2048 => Ok(KeySize::Rsa2048),
        3072 => Ok(KeySize::Rsa3072),
        4096 => Ok(KeySize::Rsa4096),
        short if short < 2048 => Err(Problem::with_next(
            say!(
                lang,
                "an RSA key of {bits} bits is too short: signing keys have at least 2048 (RFC 8301)",
                "{bits} ビットの RSA 鍵は短すぎます。署名鍵は 2048 ビット以上が必要です(RFC 8301)"
            ),
            "postseal keygen --bits 2048".to_owned(),
        )),
        _ => Err(Problem::with_next(
            say!(
                lang,
                "RSA keys of {bits} bits are not made: use 2048, 3072 or 4096",
                "{bits} ビットの RSA 鍵は作れません。2048、3072、4096 のいずれかにしてください"
            ),
            say!(
                lang,
                "2048 is enough, and the only length whose DNS record every host accepts.",
                "2048 で十分です。どの DNS サービスでもレコードを登録できる長さです。"
            ),
        )),
    }
}

fn rsa(size: KeySize) -> Result<Zeroizing<String>, Unspecified> {
    let private: Pkcs8V1Der<'_> = RsaKeyPair::generate(size)?.as_der()?;
    Ok(pem(private.as_ref()))
}

fn ed25519() -> Result<Zeroizing<String>, Unspecified> {
    // Version 1 of PKCS#8: version 2, which adds the public key, is refused by older OpenSSL.
    let private = Ed25519KeyPair::generate()?.to_pkcs8v1()?;
    Ok(pem(private.as_ref()))
}

/// RFC 7468 §10: PKCS#8 in lines of 64 characters.
fn pem(der: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(STANDARD.encode(der));
    let mut pem = Zeroizing::new(String::with_capacity(text.len() + text.len() / 64 + 64));
    pem.push_str("-----BEGIN PRIVATE KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    pem
}

fn dns_record(name: &str, value: String) -> DnsRecord {
    let strings: Vec<&[u8]> = value.as_bytes().chunks(255).collect();
    let data = write_data(&RecordData::Txt(TxtRecord::from_strings(&strings)));
    let data = if strings.len() > 1 { format!("( {data} )") } else { data };
    DnsRecord { name: name.to_owned(), r#type: "TXT", zone_line: format!("{name} 3600 IN TXT {data}"), value }
}

fn published_text(dns: &DnsRecord, path: Option<&Path>, lang: Lang) -> String {
    let wrote = path.map(|path| {
        say!(lang, "The private key is in {}.\n\n", "秘密鍵を {} に書き込みました。\n\n", path.display())
    });
    let (name, value, line) = (&dns.name, &dns.value, &dns.zone_line);
    let publish = say!(
        lang,
        "Publish this TXT record, then sign with this key:\n\n  name   {name}\n  value  {value}\n\nIn a zone file (texts of at most 255 octets):\n\n{line}\n",
        "この TXT レコードを公開してから、この鍵で署名してください:\n\n  名前  {name}\n  値    {value}\n\nゾーンファイルに書く場合(テキストは 255 オクテットまで):\n\n{line}\n"
    );
    wrote.unwrap_or_default() + &publish
}

/// Creates the file so that nobody else can ever read it, and never replaces one.
fn write_private(path: &Path, pem: &str, lang: Lang) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| {
        file.write_all(pem.as_bytes())?;
        file.sync_all()
    });
    let shown = path.display();
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Problem::with_next(
            say!(
                lang,
                "{shown} exists already; a key is never overwritten",
                "{shown} はすでに存在します。鍵は上書きしません"
            ),
            say!(
                lang,
                "Give another name, or move the old key away first.",
                "別の名前を指定するか、古い鍵を先に移してください。"
            ),
        ),
        _ => Problem::new(say!(
            lang,
            "{shown} cannot be written: {error}",
            "{shown} に書き込めません: {error}"
        )),
    })
}
