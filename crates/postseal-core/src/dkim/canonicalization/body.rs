use fearless_simd::{Level, Simd, dispatch};

use super::Canonicalization;
use super::blanks::{Body, Gather, is_reduced, reduce};

/// Takes the canonical octets, in runs.
pub(crate) trait Sink {
    /// Takes the next octets.
    fn put(&mut self, octets: &[u8]);
}

/// Brings a body that arrives in chunks into canonical form (RFC 6376 §3.4.3,
/// §3.4.4). Keeps counts of what may still turn out to be the end of the body,
/// and no octets of it.
#[derive(Clone, Debug)]
pub(crate) struct BodyCanonicalizer {
    form: Canonicalization,
    /// CRLFs read and not handed on, because only the last ones are ignored.
    line_ends: u64,
    /// Blanks read after them and not handed on. Relaxed only.
    blank: bool,
    /// A CR read after them; whether it ends a line is not known yet.
    cr: bool,
    /// Anything was handed on.
    has_content: bool,
}

impl BodyCanonicalizer {
    pub(crate) fn new(form: Canonicalization) -> BodyCanonicalizer {
        BodyCanonicalizer { form, line_ends: 0, blank: false, cr: false, has_content: false }
    }

    /// Takes the next chunk.
    pub(crate) fn update(&mut self, chunk: &[u8], sink: &mut impl Sink) {
        let mut rest = chunk;
        if self.is_pending() {
            rest = self.resolve_pending(rest, sink);
        }
        let (core, tail) = rest.split_at(self.core_len(rest));
        if !core.is_empty() {
            self.has_content = true;
            match self.form {
                Canonicalization::Simple => sink.put(core),
                Canonicalization::Relaxed => relax(core, sink),
            }
        }
        for octet in tail {
            self.hold_back(*octet);
        }
    }

    /// Ends the body.
    pub(crate) fn finish(&mut self, sink: &mut impl Sink) {
        if self.cr {
            self.release(sink);
            sink.put(b"\r");
        }
        match self.form {
            // RFC 6376 §3.4.3: "If there is no body or no trailing CRLF on the message
            // body, a CRLF is added."
            Canonicalization::Simple => sink.put(b"\r\n"),
            // RFC 6376 §3.4.4: "If the body is non-empty but does not end with a CRLF, a
            // CRLF is added."
            Canonicalization::Relaxed if self.has_content => sink.put(b"\r\n"),
            Canonicalization::Relaxed => {}
        }
    }

    fn is_pending(&self) -> bool {
        self.cr || self.blank || self.line_ends > 0
    }

    /// Takes octets until nothing is held back; returns the others.
    fn resolve_pending<'c>(&mut self, chunk: &'c [u8], sink: &mut impl Sink) -> &'c [u8] {
        let Some(i) = chunk.iter().position(|octet| !self.hold_back(*octet)) else { return &[] };
        let cr = self.cr;
        self.release(sink);
        if cr {
            // It ended no line: it is content.
            sink.put(b"\r");
        }
        &chunk[i..]
    }

    /// Counts an octet that may belong to the end of the body; false where it is content,
    /// or makes content of a CR held back.
    fn hold_back(&mut self, octet: u8) -> bool {
        match octet {
            b'\n' if self.cr => {
                self.cr = false;
                self.blank = false;
                self.line_ends += 1;
                true
            }
            _ if self.cr => false,
            b'\r' => {
                self.cr = true;
                true
            }
            b' ' | b'\t' if self.form == Canonicalization::Relaxed => {
                self.blank = true;
                true
            }
            _ => false,
        }
    }

    /// Hands on what was held back, save a CR.
    fn release(&mut self, sink: &mut impl Sink) {
        const LINE_ENDS: [u8; 128] = {
            let mut octets = [b'\r'; 128];
            let mut i = 1;
            while i < octets.len() {
                octets[i] = b'\n';
                i += 2;
            }
            octets
        };
        self.has_content = true;
        while self.line_ends > 0 {
            let count = self.line_ends.min(LINE_ENDS.len() as u64 / 2);
            self.line_ends -= count;
            sink.put(&LINE_ENDS[..usize::try_from(2 * count).unwrap_or(LINE_ENDS.len())]);
        }
        if self.blank {
            sink.put(b" ");
        }
        self.blank = false;
        self.cr = false;
    }

    /// How many octets precede what may be the end of the body. Nothing is held back.
    fn core_len(&self, octets: &[u8]) -> usize {
        let blanks = self.form == Canonicalization::Relaxed;
        let mut end = octets.len();
        if octets.last() == Some(&b'\r') {
            end -= 1;
        }
        loop {
            match octets[..end] {
                [.., b'\r', b'\n'] => end -= 2,
                [.., b' ' | b'\t'] if blanks => end -= 1,
                _ => return end,
            }
        }
    }
}

/// Hands on `core`, which begins after content and ends in content, with its blanks reduced.
fn relax(core: &[u8], sink: &mut impl Sink) {
    dispatch!(Level::new(), simd => relax_with(simd, core, sink));
}

#[inline(always)]
fn relax_with<S: Simd>(simd: S, core: &[u8], sink: &mut impl Sink) {
    let mut rest = core;
    while !rest.is_empty() {
        let clean = relaxed_len(simd, rest);
        if clean > 0 {
            sink.put(&rest[..clean]);
            rest = &rest[clean..];
        } else {
            rest = &rest[relax_dirty(simd, rest, sink)..];
        }
    }
}

/// How many octets, in whole blocks or to the end, are in relaxed form already.
#[inline(always)]
fn relaxed_len<S: Simd>(simd: S, octets: &[u8]) -> usize {
    let mut clean = 0;
    while clean < LONGEST_RUN {
        let rest = &octets[clean..];
        if rest.len() <= BLOCK {
            return if is_reduced(simd, rest) { octets.len() } else { clean };
        }
        // The octet after a block belongs to its test.
        if !is_reduced(simd, &rest[..=BLOCK]) {
            return clean;
        }
        clean += BLOCK;
    }
    clean
}

/// Reduces blanks from the front of `octets`, to where there are none to reduce or
/// to the end; returns how many octets that were.
#[inline(always)]
fn relax_dirty<S: Simd>(simd: S, octets: &[u8], sink: &mut impl Sink) -> usize {
    let mut gather = Gather::<GATHERED>::new();
    let mut out = |run: &[u8]| sink.put(run);
    let mut at = 0;
    while at < octets.len() {
        let rest = &octets[at..];
        let region = rest.len().min(REGION);
        let changed = reduce::<S, Body, GATHERED>(simd, rest, region, &mut gather, &mut out);
        at += region;
        if !changed {
            break;
        }
    }
    gather.flush(&mut out);
    at
}

/// Octets tested at once for being in relaxed form.
const BLOCK: usize = 512;

/// Octets hashed in one call at most, so that they are still in the first-level cache.
const LONGEST_RUN: usize = 16 * 1024;

/// Octets gathered before they are hashed.
const GATHERED: usize = 2048;

/// Octets reduced before it is asked whether that is still needed; a multiple of a group.
const REGION: usize = 512;
