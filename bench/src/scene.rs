//! One sender, one message and the DNS around them: what every competitor gets.

use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::floor::{Algorithm, Key};

/// The Author Domain, the SDID and the domain of MAIL FROM.
pub const DOMAIN: &str = "contoso.example";
/// The selector of the RSA key.
pub const RSA_SELECTOR: &str = "selector1";
/// The selector of the Ed25519 key.
pub const ED25519_SELECTOR: &str = "selector2";
/// Who seals.
pub const SEALER: &str = "fabrikam.example";
/// What HELO says.
pub const HELO: &str = "out27.mailer.example";
/// What MAIL FROM says.
pub const MAIL_FROM: &str = "bounce-20261124@contoso.example";
/// Who judges.
pub const RECEIVER: &str = "mx.tailspin.example";
/// The last network of the last include authorises it.
pub const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 77));

/// The names that a signature covers, in this order.
pub const SIGNED_FIELDS: [&str; 12] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// The keys of this run.
pub struct Keys {
    /// rsa-sha256, 2048 bits.
    pub rsa: Key,
    /// ed25519-sha256.
    pub ed25519: Key,
}

impl Keys {
    /// New keys.
    pub fn generate() -> Keys {
        Keys { rsa: Key::generate(Algorithm::Rsa2048), ed25519: Key::generate(Algorithm::Ed25519) }
    }

    /// The key of an algorithm.
    pub fn of(&self, algorithm: Algorithm) -> &Key {
        match algorithm {
            Algorithm::Rsa2048 => &self.rsa,
            Algorithm::Ed25519 => &self.ed25519,
        }
    }
}

/// Where an algorithm's key is published.
pub fn selector_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rsa2048 => RSA_SELECTOR,
        Algorithm::Ed25519 => ED25519_SELECTOR,
    }
}

/// What a TXT record holds; the peer's cache wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// RFC 7208.
    Spf,
    /// RFC 6376.
    Key,
    /// RFC 9989.
    Policy,
}

/// Every TXT record there is: owner, purpose, text.
pub fn txt_records(keys: &Keys) -> Vec<(String, Purpose, String)> {
    let encoded = |key: &Key| BASE64_STANDARD.encode(&key.public_octets);
    let rsa = format!("v=DKIM1; k=rsa; p={}", encoded(&keys.rsa));
    let ed25519 = format!("v=DKIM1; k=ed25519; p={}", encoded(&keys.ed25519));
    let mut records = vec![
        (format!("{RSA_SELECTOR}._domainkey.{DOMAIN}"), Purpose::Key, rsa.clone()),
        (format!("{ED25519_SELECTOR}._domainkey.{DOMAIN}"), Purpose::Key, ed25519),
        (format!("{RSA_SELECTOR}._domainkey.{SEALER}"), Purpose::Key, rsa),
        (format!("_dmarc.{DOMAIN}"), Purpose::Policy, POLICY.to_owned()),
        (HELO.to_owned(), Purpose::Spf, "v=spf1 ip4:203.0.113.77 -all".to_owned()),
    ];
    records.extend(spf_records().into_iter().map(|(owner, text)| (owner.to_owned(), Purpose::Spf, text)));
    records
}

/// The policy of [`DOMAIN`].
pub const POLICY: &str = "v=DMARC1; p=reject; rua=mailto:dmarc@contoso.example; adkim=r; aspf=r; fo=1";

/// Seven records with 46 networks: the domain's own, three includes, and three more below the first.
pub fn spf_records() -> Vec<(&'static str, String)> {
    let ip4 = |first: u8, count: u8| -> String {
        (0..count).map(|i| format!(" ip4:{}.{}.{}.0/{}", first + i, 40 + i, 7 * i, 16 + i % 8)).collect()
    };
    let ip6 = |first: u16, count: u16| -> String {
        (0..count).map(|i| format!(" ip6:2001:{:x}:{:x}::/{}", first + i, 0x4000 + i, 36 + i)).collect()
    };
    vec![
        (
            DOMAIN,
            "v=spf1 ip4:198.51.100.25 include:_spf.northwind.example include:spf.fabrikam.example \
             include:_spf.mailer.example ~all"
                .to_owned(),
        ),
        (
            "_spf.northwind.example",
            "v=spf1 include:_netblocks.northwind.example include:_netblocks2.northwind.example \
             include:_netblocks3.northwind.example ~all"
                .to_owned(),
        ),
        ("_netblocks.northwind.example", format!("v=spf1{} ~all", ip4(35, 13))),
        ("_netblocks2.northwind.example", format!("v=spf1{} ~all", ip6(0x4860, 6))),
        ("_netblocks3.northwind.example", format!("v=spf1{} ~all", ip4(108, 11))),
        ("spf.fabrikam.example", format!("v=spf1{}{} -all", ip4(40, 5), ip6(0x2a01, 3))),
        ("_spf.mailer.example", format!("v=spf1{} ip4:203.0.113.64/26 -all", ip4(167, 6))),
    ]
}

/// Twenty-two fields, 1.7 kB, no signature.
pub fn header_section() -> Vec<u8> {
    HEADER_SECTION.replace('\n', "\r\n").into_bytes()
}

/// The same with another author and a number of its own, for messages that must differ.
pub fn header_section_of(domain: &str, nth: usize) -> String {
    HEADER_SECTION
        .replace('\n', "\r\n")
        .replace("20261124-0417", &format!("20261124-{nth:04}"))
        .replace("20261124063104.0417", &format!("20261124063104.{nth:04}"))
        .replace(DOMAIN, domain)
}

/// Header section, empty line, body.
pub fn message(header_section: &[u8], body: &[u8]) -> Vec<u8> {
    [header_section, b"\r\n", body].concat()
}

const HEADER_SECTION: &str = "\
Received: from mx3.tailspin.example (mx3.tailspin.example [192.0.2.33])
\tby store11.tailspin.example with LMTP id 4Bq8XkQ2pmcnAAAA7mZ2wQ
\t(envelope-from <bounce-20261124@contoso.example>)
\tfor <ken@tailspin.example>; Tue, 24 Nov 2026 06:31:09 +0000
Received: from out27.mailer.example (out27.mailer.example [203.0.113.77])
\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))
\tby mx3.tailspin.example (Postfix) with ESMTPS id 4Xy1Zc0Q9Fz3hV
\tfor <ken@tailspin.example>; Tue, 24 Nov 2026 06:31:08 +0000 (UTC)
Received: by app-7d9f.mailer.example (Postfix, from userid 1001)
\tid 2F6C8E01B4; Tue, 24 Nov 2026 06:31:05 +0000 (UTC)
Return-Path: <bounce-20261124@contoso.example>
From: Contoso Newsletter <news@contoso.example>
To: Ken Sato <ken@tailspin.example>
Cc: \"Customer relations, north\" <relations@contoso.example>
Reply-To: Contoso Support <support@contoso.example>
Subject: Your order 20261124-0417 is on its way, and what comes next
Date: Tue, 24 Nov 2026 06:31:04 +0000
Message-ID: <20261124063104.0417.8c1e5f@app-7d9f.mailer.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=\"=_boundary_7f3a\"
Content-Transfer-Encoding: 8bit
Content-Language: en
List-ID: Contoso news <news.contoso.example>
List-Unsubscribe: <mailto:leave@contoso.example?subject=leave-20261124>,
\t<https://links.contoso.example/leave/20261124/8c1e5f>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Feedback-ID: 20261124:news:contoso:mailer
Precedence: bulk
X-Mailer: Mailer 7.4.1 (build 2026.11.02; queue 27)
X-Campaign: news-2026-48; segment=north; variant=b; template=order-shipped-4; locale=en-GB
Auto-Submitted: auto-generated
";
