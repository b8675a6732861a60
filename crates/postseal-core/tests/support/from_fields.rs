//! Hostile From fields: `legitimate.example` is the domain to be spoofed,
//! `attack.example` the attacker's.

use postseal_core::message::AddressDefect::{self, *};

/// What a hostile row expects.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// This defect in the addresses.
    Defect(AddressDefect),
    /// Any other error.
    Error,
    /// The attacker's own domain, which is the one that everybody reads.
    Attacker,
}

use Expect::{Attacker, Defect, Error};

/// Header sections, and what is expected of their Author Domain.
pub const HOSTILE: &[(&[u8], Expect)] = &[
    // No From, several From fields
    (b"Sender: a@legitimate.example\r\n", Error),
    (b"Resent-From: a@legitimate.example\r\n", Error),
    (b"Reply-To: a@legitimate.example\r\n", Error),
    (b"", Error),
    (b"From:\r\n", Error),
    (b"From: \r\n \t\r\n", Error),
    (b"From: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    (b"From: b@attack.example\r\nFrom: a@legitimate.example\r\n", Error),
    (b"From: b@attack.example\r\nSubject: x\r\nfrom: a@legitimate.example\r\n", Error),
    (b"From: b@attack.example\r\nFrom: b@attack.example\r\n", Error),
    (b"From : b@attack.example\r\nFrom: a@legitimate.example\r\n", Error),
    (b"From: b@attack.example\r\nFrom : a@legitimate.example\r\n", Error),
    (b"From\t: b@attack.example\r\nFROM: a@legitimate.example\r\n", Error),
    (b"From: a@legitimate.example\r\nFrom\r\n : b@attack.example\r\n", Error),
    (b" From: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    (b"\tfrom: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    (b"Fr\x01om: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    (b"From\x0b: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    (b"From\xc2\xa0: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    (b"\xef\xbb\xbfFrom: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    (b"From\xe2\x80\x8b: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    // NUL, bare CR and LF
    (b"From: a@legitimate.example\0@attack.example\r\n", Error),
    (b"From: b@attack.example\r\nX: y\0\r\n", Error),
    (b"From: b@attack.example\nFrom: a@legitimate.example\r\n", Error),
    (b"From: b@attack.example\rFrom: a@legitimate.example\r\n", Error),
    (b"X: y\rFrom: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    (b"X: y\n\nFrom: a@legitimate.example\r\nFrom: b@attack.example\r\n", Error),
    // Several addresses
    (b"From: a@legitimate.example, b@attack.example\r\n", Error),
    (b"From: <b@attack.example>, <a@legitimate.example>\r\n", Error),
    (b"From: G: a@legitimate.example;, b@attack.example\r\n", Error),
    (b"From: a@legitimate.example,<b@attack.example>\r\n", Error),
    (b"From: <a@legitimate.example>\\,<b@attack.example>\r\n", Error),
    (b"From: =?utf-8?B?PGFAbGVnaXRpbWF0ZS5leGFtcGxlPg==?=, <b@attack.example>\r\n", Defect(NoDomain)),
    (b"From: a@legitimate.example; b@attack.example\r\n", Defect(TextAfterAddress)),
    (b"From: a@legitimate.example <b@attack.example>\r\n", Defect(AddressInDisplayName)),
    (b"From: <b@attack.example>a@legitimate.example\r\n", Defect(TextAfterAddress)),
    (b"From: <b@attack.example> <a@legitimate.example>\r\n", Defect(TextAfterAddress)),
    (b"From: <a@legitimate.example> b\r\n", Defect(TextAfterAddress)),
    (b"From: b@attack.example a@legitimate.example\r\n", Defect(TextAfterAddress)),
    // Routes
    (b"From: <@attack.example,@any.example:a@legitimate.example>\r\n", Defect(SourceRoute)),
    (b"From: <@legitimate.example:b@attack.example>\r\n", Defect(SourceRoute)),
    (b"From: @legitimate.example:b@attack.example\r\n", Defect(NoAngleBrackets)),
    (b"From: <b%attack.example@legitimate.example@x.example>\r\n", Defect(SecondAt)),
    // Comments
    (b"From: a@legitimate.example(.attack.example\r\n", Defect(UnclosedComment)),
    (b"From: <a@legitimate.example(.attack.example>\r\n", Error),
    (b"From: <a@legitimate.example(.attack.example)>\r\n", Defect(AddressInComment)),
    (b"From: a@legitimate.example(.attack.example)\r\n", Defect(AddressInComment)),
    (b"From: <b@attack.example(@legitimate.example)>\r\n", Defect(AddressInComment)),
    (b"From: <a(@legitimate.example)@attack.example>\r\n", Defect(AddressInComment)),
    (b"From: a(@legitimate.example,)@attack.example\r\n", Defect(AddressInComment)),
    (b"From: (<a@legitimate.example>) b@attack.example\r\n", Defect(AddressInComment)),
    (b"From: b@attack.example (<a@legitimate.example>)\r\n", Defect(AddressInComment)),
    (b"From: a@legitimate(comment).example\r\n", Defect(TextAfterAddress)),
    (b"From: John Doe <jdoe@machine(comment).  example>\r\n", Defect(UnexpectedOctet)),
    (b"From: a@legitimate.example)(b@attack.example\r\n", Defect(UnexpectedOctet)),
    (b"From: (a@legitimate.example)\r\n", Error),
    (b"From: b@attack.example (a@legitimate.example)\r\n", Attacker),
    // Quoted strings and pairs
    (b"From: \"a@legitimate.example\r\n", Defect(UnclosedQuotedString)),
    (b"From: \"<a@legitimate.example>\" <b@attack.example>\r\n", Attacker),
    (b"From: <a@legitimate.example\\>b@attack.example>\r\n", Defect(UnexpectedOctet)),
    (b"From: a\\@legitimate.example@attack.example\r\n", Error),
    (b"From: \"x\"<a@legitimate.example>\"y\"<b@attack.example>\r\n", Defect(TextAfterAddress)),
    // Encoded words
    (b"From: =?utf-8?Q?a=40legitimate=2Eexample?=\r\n", Defect(NoDomain)),
    (b"From: <=?utf-8?Q?a=40legitimate=2Eexample=3E?=@attack.example>\r\n", Defect(EncodedWordInAddress)),
    (b"From: =?utf-8?Q?a=40legitimate=2Eexample?=@attack.example\r\n", Defect(EncodedWordInAddress)),
    (b"From: b@=?utf-8?Q?legitimate?=.example\r\n", Error),
    (b"From: =?utf-8?B?PGFAbGVnaXRpbWF0ZS5leGFtcGxlPg==?= <b@attack.example>\r\n", Attacker),
    // Angle brackets
    (b"From: <a@legitimate.example\r\n", Defect(UnclosedAngleBracket)),
    (b"From: a@legitimate.example>\r\n", Defect(UnexpectedOctet)),
    (b"From: Jo a@legitimate.example\r\n", Defect(NoAngleBrackets)),
    (b"From: <<a@legitimate.example>>\r\n", Defect(UnexpectedOctet)),
    (b"From: <<a@legitimate.example>b@attack.example>\r\n", Defect(UnexpectedOctet)),
    (b"From: <b@attack.example,a@legitimate.example>\r\n", Defect(UnexpectedOctet)),
    (b"From: <>\r\n", Defect(NoDomain)),
    (b"From: Jo <>\r\n", Defect(NoDomain)),
    (b"From: Jo\r\n", Defect(NoDomain)),
    (b"From: <Jo>\r\n", Defect(NoDomain)),
    (b"From: <@>\r\n", Defect(SourceRoute)),
    (b"From: <jo@>\r\n", Defect(NoDomain)),
    // White space in a domain or around it
    (b"From: a@legitimate.example .attack.example\r\n", Defect(TextAfterAddress)),
    (b"From: a@legitimate. example\r\n", Error),
    (b"From: <a@legitimate.example\r\n .attack.example>\r\n", Defect(UnexpectedOctet)),
    (b"From: a@legitimate.example\x0b@attack.example\r\n", Defect(UnexpectedOctet)),
    (b"From: a@legitimate.example\x0c\r\n", Defect(UnexpectedOctet)),
    (b"From: \x1b$B@legitimate.example\r\n", Defect(UnexpectedOctet)),
    (b"From: a@@legitimate.example\r\n", Defect(NoDomain)),
    (b"From: a@legitimate.example@attack.example\r\n", Defect(SecondAt)),
    (b"From: <a@legitimate.example@attack.example>\r\n", Defect(SecondAt)),
    (b"From: a@[192.0.2.1]\r\n", Defect(AddressLiteral)),
    (b"From: <a@[IPv6:2001:db8::1]>\r\n", Defect(AddressLiteral)),
    // Domains that are none
    (b"From: a@legitimate..example\r\n", Error),
    (b"From: a@.legitimate.example\r\n", Error),
    (b"From: a@legitimate.example.\r\n", Defect(UnexpectedOctet)),
    (b"From: a@legitimate.example'@attack.example\r\n", Error),
    (b"From: a@legitimate.example'a.attack.example\r\n", Error),
    (b"From: a@legitimate%2eexample\r\n", Error),
    // Other scripts: wide letters and full stops, look-alikes, hidden characters
    (b"From: a@\xef\xbd\x8cegitimate.example\r\n", Defect(NotALabel)),
    (b"From: a@legitimate\xef\xbc\x8eexample\r\n", Defect(NotALabel)),
    (b"From: a@legitimate\xe3\x80\x82example\r\n", Defect(NotALabel)),
    (b"From: a@legitimate\xc2\xad.example\r\n", Defect(NotALabel)),
    (b"From: a@legitimate\xe2\x80\x8b.example\r\n", Error),
    (b"From: a@legitimate.example\xef\xbc\xa0attack.example\r\n", Error),
    (b"From: a@legitimate.example\xe2\x80\xae@attack.example\r\n", Error),
    (b"From: \xff@attack.example\r\n", Error),
    (b"From: \x83\x5c <a@legitimate.example>\r\n", Defect(UnknownCharset)),
    // Groups
    (b"From: undisclosed:;\r\n", Error),
    (b"From: G: a@legitimate.example\r\n", Defect(UnclosedGroup)),
    (b"From: G: H: a@legitimate.example;;\r\n", Defect(UnexpectedOctet)),
    (b"From: a@legitimate.example: <b@attack.example>;\r\n", Defect(UnexpectedOctet)),
    (b"From: :b@attack.example;\r\n", Defect(UnexpectedOctet)),
    (b"From: ;\r\n", Defect(UnexpectedOctet)),
];
