use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign};

use crate::macros::Stage;

/// Edits that a filter may make at the end of a message (`SMFIF_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(u32);

impl Actions {
    /// None.
    pub const NONE: Actions = Actions(0);
    /// Add and insert header fields.
    pub const ADD_FIELDS: Actions = Actions(0x001);
    /// Replace the body.
    pub const REPLACE_BODY: Actions = Actions(0x002);
    /// Add recipients.
    pub const ADD_RCPT: Actions = Actions(0x004);
    /// Delete recipients.
    pub const DELETE_RCPT: Actions = Actions(0x008);
    /// Change and delete header fields.
    pub const CHANGE_FIELDS: Actions = Actions(0x010);
    /// Put the message on hold.
    pub const QUARANTINE: Actions = Actions(0x020);
    /// Change the reverse-path.
    pub const CHANGE_FROM: Actions = Actions(0x040);
    /// Add recipients with ESMTP parameters.
    pub const ADD_RCPT_WITH_PARAMETERS: Actions = Actions(0x080);
    /// Say which macros are wanted (`SMFIF_SETSYMLIST`).
    pub(crate) const MACRO_LISTS: Actions = Actions(0x100);

    /// The bits as on the wire.
    pub const fn from_bits(bits: u32) -> Actions {
        Actions(bits)
    }

    /// The bits as on the wire.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `other` are among them.
    pub fn contains(self, other: Actions) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn without(self, other: Actions) -> Actions {
        Actions(self.0 & !other.0)
    }
}

/// Steps of the dialogue that are left out or go without a reply, and how the
/// rest is said (`SMFIP_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protocol(u32);

impl Protocol {
    /// Nothing left out, everything answered.
    pub const NONE: Protocol = Protocol(0);
    /// `SMFIP_SKIP`: the MTA understands "no more of these".
    pub const SKIP: Protocol = Protocol(0x0400);
    /// `SMFIP_RCPT_REJ`: recipients that the MTA refuses are sent too.
    pub const REJECTED_RCPT: Protocol = Protocol(0x0800);
    /// `SMFIP_HDR_LEADSPC`: values of header fields begin right after the colon,
    /// both ways. Without it the MTA eats one space and puts one back.
    pub const LEADING_SPACE: Protocol = Protocol(0x10_0000);

    /// The bits as on the wire.
    pub const fn from_bits(bits: u32) -> Protocol {
        Protocol(bits)
    }

    /// The bits as on the wire.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `other` are among them.
    pub fn contains(self, other: Protocol) -> bool {
        self.0 & other.0 == other.0
    }

    /// `SMFIP_NO*`: the MTA does not send the stage.
    pub fn left_out(stage: Stage) -> Protocol {
        Protocol(match stage {
            Stage::Connect => 0x001,
            Stage::Helo => 0x002,
            Stage::Mail => 0x004,
            Stage::Rcpt => 0x008,
            Stage::Body => 0x010,
            Stage::Header => 0x020,
            Stage::EndOfHeader => 0x040,
            Stage::Unknown => 0x100,
            Stage::Data => 0x200,
            Stage::EndOfMessage => 0,
        })
    }

    /// `SMFIP_NR_*`: the filter does not reply to the stage.
    pub fn no_reply(stage: Stage) -> Protocol {
        Protocol(match stage {
            Stage::Header => 0x0_0080,
            Stage::Connect => 0x0_1000,
            Stage::Helo => 0x0_2000,
            Stage::Mail => 0x0_4000,
            Stage::Rcpt => 0x0_8000,
            Stage::Data => 0x1_0000,
            Stage::Unknown => 0x2_0000,
            Stage::EndOfHeader => 0x4_0000,
            Stage::Body => 0x8_0000,
            Stage::EndOfMessage => 0,
        })
    }
}

impl fmt::Display for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (action, words) in ACTION_WORDS {
            if self.contains(action) {
                write!(f, "{separator}{words}")?;
                separator = ", ";
            }
        }
        Ok(())
    }
}

impl BitOr for Actions {
    type Output = Actions;

    fn bitor(self, other: Actions) -> Actions {
        Actions(self.0 | other.0)
    }
}

impl BitOrAssign for Actions {
    fn bitor_assign(&mut self, other: Actions) {
        self.0 |= other.0;
    }
}

impl BitAnd for Actions {
    type Output = Actions;

    fn bitand(self, other: Actions) -> Actions {
        Actions(self.0 & other.0)
    }
}

impl BitOr for Protocol {
    type Output = Protocol;

    fn bitor(self, other: Protocol) -> Protocol {
        Protocol(self.0 | other.0)
    }
}

impl BitOrAssign for Protocol {
    fn bitor_assign(&mut self, other: Protocol) {
        self.0 |= other.0;
    }
}

impl BitAnd for Protocol {
    type Output = Protocol;

    fn bitand(self, other: Protocol) -> Protocol {
        Protocol(self.0 & other.0)
    }
}

const ACTION_WORDS: [(Actions, &str); 9] = [
    (Actions::ADD_FIELDS, "add header fields"),
    (Actions::REPLACE_BODY, "replace the body"),
    (Actions::ADD_RCPT, "add recipients"),
    (Actions::DELETE_RCPT, "delete recipients"),
    (Actions::CHANGE_FIELDS, "change header fields"),
    (Actions::QUARANTINE, "quarantine"),
    (Actions::CHANGE_FROM, "change the reverse-path"),
    (Actions::ADD_RCPT_WITH_PARAMETERS, "add recipients with parameters"),
    (Actions::MACRO_LISTS, "name the macros wanted"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_they_allow() {
        assert_eq!((Actions::ADD_FIELDS | Actions::QUARANTINE).to_string(), "add header fields, quarantine");
        assert_eq!(Actions::NONE.to_string(), "");
        assert!(Actions::from_bits(0x31).contains(Actions::from_bits(0x21)));
        assert!(!Actions::from_bits(0x21).contains(Actions::from_bits(0x31)));
    }
}
