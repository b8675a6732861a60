use super::Cause;

/// Terms that cause DNS queries, in one evaluation (RFC 7208 §4.6.4).
pub const MAX_LOOKUPS: u8 = 10;

/// Void lookups in one evaluation (RFC 7208 §4.6.4).
pub const MAX_VOID_LOOKUPS: u8 = 2;

/// Names of one "mx" or "ptr" whose addresses are asked for (RFC 7208 §4.6.4).
pub const MAX_NAMES: usize = 10;

/// What one evaluation has used up, includes and redirects counted with it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) lookups: u8,
    pub(super) void_lookups: u8,
    /// The explanation is fetched after the result: nothing counts any more.
    lifted: bool,
}

impl Limits {
    /// Counts nothing, refuses nothing.
    pub(super) fn lifted() -> Limits {
        Limits { lifted: true, ..Limits::default() }
    }

    /// Counts a term that causes DNS queries.
    pub(super) fn count_lookup(&mut self) -> Result<(), Cause> {
        if self.lifted {
            return Ok(());
        }
        // RFC 7208 §4.6.4: "SPF implementations MUST limit the total number of
        // those terms to 10 during SPF evaluation".
        if self.lookups == MAX_LOOKUPS {
            return Err(Cause::LookupLimit);
        }
        self.lookups += 1;
        Ok(())
    }

    /// Counts a query answered by NXDOMAIN or by no records.
    pub(super) fn count_void_lookup(&mut self) -> Result<(), Cause> {
        if self.lifted {
            return Ok(());
        }
        // RFC 7208 §11.1: "return "permerror" … as soon as more than two "void
        // lookups" have been encountered". One more may come before the end of
        // an include that fails anyway, hence saturating.
        self.void_lookups = self.void_lookups.saturating_add(1);
        if self.void_lookups > MAX_VOID_LOOKUPS { Err(Cause::VoidLookupLimit) } else { Ok(()) }
    }

    /// Terms that may still cause DNS queries.
    pub(super) fn lookups_left(&self) -> usize {
        usize::from(MAX_LOOKUPS - self.lookups)
    }
}
