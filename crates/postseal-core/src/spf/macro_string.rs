use std::fmt;
use std::num::NonZeroU16;

use compact_str::CompactString;

/// A macro-string (RFC 7208 §7.1): literal text and macros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroString {
    segments: Vec<Segment>,
}

/// A part of a macro-string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Text that stands for itself.
    Literal(CompactString),
    /// `%%`, a percent sign.
    Percent,
    /// `%_`, a blank.
    Blank,
    /// `%-`, a blank as URLs write it: `%20`.
    UrlBlank,
    /// `%{…}`.
    Macro(Macro),
}

/// A macro-expand in braces (RFC 7208 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Macro {
    /// What it stands for.
    pub letter: MacroLetter,
    /// True for a capital letter: the value is URL-escaped (§7.3).
    pub url_escaped: bool,
    /// How many right-hand parts are kept; `None` keeps all. What is larger
    /// than 65,535 counts as that.
    pub keep: Option<NonZeroU16>,
    /// True where the parts are reversed.
    pub reversed: bool,
    /// Where the value is split; empty means at dots, where it is split at all.
    pub delimiters: Delimiters,
}

/// What a macro stands for (RFC 7208 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MacroLetter {
    /// `s`: the sender, local part and domain.
    Sender,
    /// `l`: the local part of the sender.
    LocalPart,
    /// `o`: the domain of the sender.
    SenderDomain,
    /// `d`: the domain whose record is evaluated.
    Domain,
    /// `i`: the client's address, in parts that dots separate.
    Address,
    /// `p`: the validated domain name of the client.
    ValidatedName,
    /// `v`: `in-addr` or `ip6`.
    Version,
    /// `h`: the argument of HELO or EHLO.
    Helo,
    /// `c`: the client's address for readers; explanations only.
    ReadableAddress,
    /// `r`: the host that checks; explanations only.
    Receiver,
    /// `t`: seconds since 1970; explanations only.
    Timestamp,
}

/// The characters at which a value is split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delimiters(u8);

/// Why a macro-string does not parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MacroError {
    /// A percent sign without `{`, `%`, `-` or `_` after it.
    #[error("a percent sign without {{, %, - or _ after it")]
    BarePercent,
    /// A letter that stands for nothing.
    #[error("{0:?} is no macro letter")]
    UnknownLetter(char),
    /// `c`, `r` or `t` outside of an explanation.
    #[error("the macro letter {0:?} is for explanations only")]
    ExplanationOnly(char),
    /// A number of parts that is zero.
    #[error("a macro keeps at least one part")]
    ZeroParts,
    /// No closing brace, or something else where it should be.
    #[error("a macro ends with a closing brace, after digits, r and delimiters")]
    Unclosed,
    /// An octet that is not printable ASCII, or a blank outside of an explanation.
    #[error("the octet 0x{0:02x} is not allowed")]
    BadOctet(u8),
}

/// Where a macro-string stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MacroContext {
    /// In a domain-spec: RFC 7208 §7.2 keeps `c`, `r` and `t` out.
    DomainSpec,
    /// The value of a modifier that nobody evaluates: the grammar alone.
    UnknownModifier,
    /// An explain-string: all letters, and blanks.
    Explanation,
}

/// An error and the octets that it is about, counted from the start of the text.
pub(super) type MacroFault = (MacroError, usize, usize);

impl MacroString {
    /// Reads an explain-string (RFC 7208 §6.2): every macro letter, and blanks.
    ///
    /// # Errors
    /// [`MacroError`] says what is wrong first.
    pub fn parse_explanation(octets: &[u8]) -> Result<MacroString, MacroError> {
        MacroString::parse(octets, MacroContext::Explanation).map_err(|(error, ..)| error)
    }

    pub(super) fn parse(octets: &[u8], context: MacroContext) -> Result<MacroString, MacroFault> {
        let segments = Segments { octets, at: 0, context }.collect::<Result<_, _>>()?;
        Ok(MacroString { segments })
    }

    /// Reads without keeping.
    pub(super) fn check(octets: &[u8], context: MacroContext) -> Result<(), MacroFault> {
        Segments { octets, at: 0, context }.try_for_each(|segment| segment.map(|_| ()))
    }

    /// The parts, in order. Two literals never stand side by side.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The macros in braces, in order.
    pub fn macros(&self) -> impl Iterator<Item = &Macro> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Macro(expand) => Some(expand),
            _ => None,
        })
    }

    /// True where a macro has this letter.
    pub fn uses(&self, letter: MacroLetter) -> bool {
        self.macros().any(|m| m.letter == letter)
    }
}

impl fmt::Display for MacroString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.segments.iter().try_for_each(|segment| match segment {
            Segment::Literal(text) => f.write_str(text),
            Segment::Percent => f.write_str("%%"),
            Segment::Blank => f.write_str("%_"),
            Segment::UrlBlank => f.write_str("%-"),
            Segment::Macro(expand) => expand.fmt(f),
        })
    }
}

/// Reads segment after segment, up to the first error.
struct Segments<'o> {
    octets: &'o [u8],
    at: usize,
    context: MacroContext,
}

impl Iterator for Segments<'_> {
    type Item = Result<Segment, MacroFault>;

    fn next(&mut self) -> Option<Result<Segment, MacroFault>> {
        let (start, rest) = (self.at, &self.octets[self.at..]);
        if rest.is_empty() {
            return None;
        }
        let segment = next_segment(rest, self.context);
        self.at = segment.as_ref().map_or(self.octets.len(), |(_, length)| start + length);
        Some(match segment {
            Ok((segment, _)) => Ok(segment),
            Err((error, from, to)) => Err((error, start + from, start + to)),
        })
    }
}

/// The segment at the start of `octets`, which is not empty, and its length.
fn next_segment(octets: &[u8], context: MacroContext) -> Result<(Segment, usize), MacroFault> {
    if octets[0] != b'%' {
        let end = memchr::memchr(b'%', octets).unwrap_or(octets.len());
        return literal(&octets[..end], context).map(|segment| (segment, end));
    }
    // RFC 7208 §7.3: "A '%' character not followed by a '{', '%', '-', or '_'
    // character is a syntax error."
    match octets.get(1) {
        Some(b'%') => Ok((Segment::Percent, 2)),
        Some(b'_') => Ok((Segment::Blank, 2)),
        Some(b'-') => Ok((Segment::UrlBlank, 2)),
        Some(b'{') => {
            let close = memchr::memchr(b'}', octets);
            let end = close.map_or(octets.len(), |at| at + 1);
            // Without a brace the error may still be an earlier one.
            let inside = &octets[2..close.unwrap_or(octets.len())];
            let expand =
                Macro::parse(inside, context).and_then(|m| close.map(|_| m).ok_or(MacroError::Unclosed));
            expand.map(|m| (Segment::Macro(m), end)).map_err(|error| (error, 0, end))
        }
        _ => Err((MacroError::BarePercent, 0, 1)),
    }
}

fn literal(octets: &[u8], context: MacroContext) -> Result<Segment, MacroFault> {
    // RFC 7208 §7.1: "macro-literal = %x21-24 / %x26-7E", and
    // "explain-string = *( macro-string / SP )".
    let allowed = |b: &u8| b.is_ascii_graphic() || (*b == b' ' && context == MacroContext::Explanation);
    if let Some(at) = octets.iter().position(|b| !allowed(b)) {
        return Err((MacroError::BadOctet(octets[at]), at, at + 1));
    }
    Ok(Segment::Literal(CompactString::from_utf8_lossy(octets)))
}

impl Macro {
    /// Reads what stands between the braces.
    fn parse(inside: &[u8], context: MacroContext) -> Result<Macro, MacroError> {
        let (&first, rest) = inside.split_first().ok_or(MacroError::Unclosed)?;
        let letter = MacroLetter::of(first).ok_or(MacroError::UnknownLetter(char::from(first)))?;
        if letter.is_for_explanations() && context == MacroContext::DomainSpec {
            return Err(MacroError::ExplanationOnly(char::from(first)));
        }
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let keep = number(&rest[..digits])?;
        let rest = &rest[digits..];
        let reversed = matches!(rest.first(), Some(b'r' | b'R'));
        let mut delimiters = Delimiters::default();
        for &byte in &rest[usize::from(reversed)..] {
            delimiters.add(byte).ok_or(MacroError::Unclosed)?;
        }
        Ok(Macro { letter, url_escaped: first.is_ascii_uppercase(), keep, reversed, delimiters })
    }

    /// True where the value is split into parts and joined again with dots.
    pub fn splits(&self) -> bool {
        // RFC 7208 §7.3: "If transformers or delimiters are provided, the
        // replacement value for a macro letter is split into parts".
        self.keep.is_some() || self.reversed || !self.delimiters.is_empty()
    }
}

impl fmt::Display for Macro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = self.letter.as_char();
        write!(f, "%{{{}", if self.url_escaped { letter.to_ascii_uppercase() } else { letter })?;
        if let Some(keep) = self.keep {
            keep.fmt(f)?;
        }
        if self.reversed {
            f.write_str("r")?;
        }
        write!(f, "{}}}", self.delimiters)
    }
}

/// The number of parts to keep; `None` without digits.
fn number(digits: &[u8]) -> Result<Option<NonZeroU16>, MacroError> {
    if digits.is_empty() {
        return Ok(None);
    }
    let value = digits
        .iter()
        .fold(0_u16, |value, digit| value.saturating_mul(10).saturating_add(u16::from(digit - b'0')));
    // RFC 7208 §7.3: "If a DIGIT is specified, the value MUST be nonzero."
    NonZeroU16::new(value).map(Some).ok_or(MacroError::ZeroParts)
}

impl MacroLetter {
    /// Every letter, in the order of RFC 7208 §7.2.
    pub const ALL: [MacroLetter; 11] = [
        MacroLetter::Sender,
        MacroLetter::LocalPart,
        MacroLetter::SenderDomain,
        MacroLetter::Domain,
        MacroLetter::Address,
        MacroLetter::ValidatedName,
        MacroLetter::Version,
        MacroLetter::Helo,
        MacroLetter::ReadableAddress,
        MacroLetter::Receiver,
        MacroLetter::Timestamp,
    ];

    /// The letter, small.
    pub fn as_char(self) -> char {
        match self {
            MacroLetter::Sender => 's',
            MacroLetter::LocalPart => 'l',
            MacroLetter::SenderDomain => 'o',
            MacroLetter::Domain => 'd',
            MacroLetter::Address => 'i',
            MacroLetter::ValidatedName => 'p',
            MacroLetter::Version => 'v',
            MacroLetter::Helo => 'h',
            MacroLetter::ReadableAddress => 'c',
            MacroLetter::Receiver => 'r',
            MacroLetter::Timestamp => 't',
        }
    }

    fn of(byte: u8) -> Option<MacroLetter> {
        let small = char::from(byte.to_ascii_lowercase());
        MacroLetter::ALL.into_iter().find(|letter| letter.as_char() == small)
    }

    fn is_for_explanations(self) -> bool {
        // RFC 7208 §7.2: "The following macro letters are allowed only in "exp" text".
        matches!(self, MacroLetter::ReadableAddress | MacroLetter::Receiver | MacroLetter::Timestamp)
    }
}

impl Delimiters {
    const CHARACTERS: [u8; 7] = *b".-+,/_=";

    /// True where none is given.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True where a value is split at this character: at a dot where none is given.
    pub fn split_at(self, character: char) -> bool {
        if self.is_empty() {
            return character == '.';
        }
        let place = Delimiters::CHARACTERS.iter().position(|&c| char::from(c) == character);
        place.is_some_and(|place| self.0 & (1 << place) != 0)
    }

    fn add(&mut self, byte: u8) -> Option<()> {
        let place = Delimiters::CHARACTERS.iter().position(|&c| c == byte)?;
        self.0 |= 1 << place;
        Some(())
    }
}

impl fmt::Display for Delimiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = |place: usize| self.0 & (1 << place) != 0;
        (0..Delimiters::CHARACTERS.len())
            .filter(|&place| given(place))
            .try_for_each(|place| write!(f, "{}", char::from(Delimiters::CHARACTERS[place])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let check = |text: &str, expected: Result<&str, MacroFault>| {
            let parsed = MacroString::parse(text.as_bytes(), MacroContext::DomainSpec);
            let written = parsed.map(|m| m.to_string());
            assert_eq!(written.as_deref().map_err(|e| *e), expected, "{text:?}");
        };
        check("", Ok(""));
        check("%{ir}.%{v}._spf.%{d2}", Ok("%{ir}.%{v}._spf.%{d2}"));
        check("%{L1R+-}%%%_%-", Ok("%{L1r-+}%%%_%-"));
        check("%{d99999}", Ok("%{d65535}"));
        check("%(ir).x", Err((MacroError::BarePercent, 0, 1)));
        check("foo%", Err((MacroError::BarePercent, 3, 4)));
        check("x.%{a}", Err((MacroError::UnknownLetter('a'), 2, 6)));
        check("%{t}", Err((MacroError::ExplanationOnly('t'), 0, 4)));
        check("%{d0}", Err((MacroError::ZeroParts, 0, 5)));
        check("%{d", Err((MacroError::Unclosed, 0, 3)));
        check("%{}", Err((MacroError::Unclosed, 0, 3)));
        check("%{dr2}", Err((MacroError::Unclosed, 0, 6)));
        check("a b", Err((MacroError::BadOctet(b' '), 1, 2)));
        check("é", Err((MacroError::BadOctet(0xc3), 0, 1)));
    }

    #[test]
    fn explanations_may_hold_more() {
        let text = "%{c} at %{t}: see %{R}";
        let parsed = MacroString::parse_explanation(text.as_bytes()).expect("an explanation");
        assert_eq!(parsed.to_string(), text);
        assert_eq!(MacroString::parse_explanation(b"a\tb"), Err(MacroError::BadOctet(b'\t')));
    }
}
