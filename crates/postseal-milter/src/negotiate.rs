use thiserror::Error;

use crate::flags::{Actions, Protocol};
use crate::frame::{close_packet, open_packet};
use crate::macros::Stage;

/// The lowest protocol version that is spoken.
pub const MIN_VERSION: u32 = 2;

/// The highest protocol version that is spoken.
pub const MAX_VERSION: u32 = 6;

/// What a filter wants of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interest {
    /// The MTA need not send it; if it does, the handler is not called.
    #[default]
    Unwanted,
    /// The handler sees it; no reply is sent where the MTA can do without, so
    /// that many commands travel in one write. See [`Answer`](crate::Answer) for
    /// what becomes of an answer given all the same.
    Watched,
    /// The handler sees it and its answer goes out at once: a round trip.
    Answered,
}

/// What a filter asks of the MTA. The default asks for nothing but the end of
/// each message.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The client's connection.
    pub connect: Interest,
    /// HELO, EHLO.
    pub helo: Interest,
    /// MAIL FROM.
    pub mail: Interest,
    /// RCPT TO.
    pub rcpt: Interest,
    /// DATA.
    pub data: Interest,
    /// Header fields.
    pub header: Interest,
    /// The end of the header section.
    pub end_of_header: Interest,
    /// The body.
    pub body: Interest,
    /// SMTP commands that the MTA does not know.
    pub unknown: Interest,
    /// Edits without which the filter cannot work: an MTA that does not offer
    /// them all is refused.
    pub required_actions: Actions,
    /// Edits that it would like to make.
    pub optional_actions: Actions,
    /// Values of header fields as they stand after the colon.
    pub leading_space: bool,
    /// Recipients that the MTA refuses as well.
    pub rejected_recipients: bool,
    /// The macros wanted for a stage, in the MTA's spelling (`i`,
    /// `{auth_authen}`), separated by blanks. For a stage that is not listed the
    /// MTA's own configuration decides. Connect, Helo, Mail, Rcpt, Data,
    /// EndOfHeader and EndOfMessage can be listed; others are passed over.
    pub macros: Vec<(Stage, &'static str)>,
}

impl Wishes {
    /// What is wanted of a stage. The end of a message is always answered.
    pub fn interest(&self, stage: Stage) -> Interest {
        match stage {
            Stage::Connect => self.connect,
            Stage::Helo => self.helo,
            Stage::Mail => self.mail,
            Stage::Rcpt => self.rcpt,
            Stage::Data => self.data,
            Stage::Header => self.header,
            Stage::EndOfHeader => self.end_of_header,
            Stage::Body => self.body,
            Stage::Unknown => self.unknown,
            Stage::EndOfMessage => Interest::Answered,
        }
    }

    fn protocol(&self) -> Protocol {
        let mut wanted = Protocol::SKIP;
        for stage in NEGOTIABLE {
            match self.interest(stage) {
                // Both: an MTA that goes on sending the stage need not be answered.
                Interest::Unwanted => wanted |= Protocol::left_out(stage) | Protocol::no_reply(stage),
                Interest::Watched => wanted |= Protocol::no_reply(stage),
                Interest::Answered => {}
            }
        }
        if self.leading_space {
            wanted |= Protocol::LEADING_SPACE;
        }
        if self.rejected_recipients {
            wanted |= Protocol::REJECTED_RCPT;
        }
        wanted
    }
}

/// What both sides have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    version: u32,
    actions: Actions,
    protocol: Protocol,
}

impl Terms {
    /// Settles what the MTA offers and what the filter wishes: nothing that was
    /// not offered is taken.
    ///
    /// # Errors
    /// A version below 2, or a required action that the MTA does not offer.
    pub fn agree(
        version: u32,
        offered: Actions,
        protocol: Protocol,
        wishes: &Wishes,
    ) -> Result<Terms, NegotiationError> {
        if version < MIN_VERSION {
            return Err(NegotiationError::VersionTooOld { version });
        }
        let missing = wishes.required_actions.without(offered);
        if missing != Actions::NONE {
            return Err(NegotiationError::ActionsMissing { missing });
        }
        let mut wanted = wishes.required_actions | wishes.optional_actions;
        if !wishes.macros.is_empty() {
            wanted |= Actions::MACRO_LISTS;
        }
        Ok(Terms {
            version: version.min(MAX_VERSION),
            actions: wanted & offered,
            protocol: wishes.protocol() & protocol,
        })
    }

    /// The protocol version, 2 to 6.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The edits that may be made.
    pub fn actions(&self) -> Actions {
        self.actions
    }

    /// The flags agreed on, as on the wire.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Whether values of header fields are exact up to the colon, both ways.
    /// Without it a handler sees each value with one space in front, whether
    /// there was one or not: good enough for `relaxed`, not for `simple`.
    pub fn has_leading_space(&self) -> bool {
        self.protocol.contains(Protocol::LEADING_SPACE)
    }

    /// Whether the MTA waits for a reply to a stage.
    pub fn is_answered(&self, stage: Stage) -> bool {
        stage == Stage::EndOfMessage || !self.protocol.contains(Protocol::no_reply(stage))
    }

    /// Whether the MTA understands "no more of these".
    pub fn can_skip(&self) -> bool {
        self.protocol.contains(Protocol::SKIP)
    }

    /// Appends the filter's half of the negotiation.
    pub(crate) fn write(&self, wishes: &Wishes, out: &mut Vec<u8>) {
        let start = open_packet(out, b'O');
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(&self.actions.bits().to_be_bytes());
        out.extend_from_slice(&self.protocol.bits().to_be_bytes());
        if self.actions.contains(Actions::MACRO_LISTS) {
            for (stage, names) in &wishes.macros {
                let Some(list) = macro_list(*stage) else { continue };
                out.extend_from_slice(&list.to_be_bytes());
                out.extend_from_slice(names.as_bytes());
                out.push(0);
            }
        }
        close_packet(out, start);
    }
}

/// Why no terms could be agreed on.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NegotiationError {
    /// The MTA speaks a version below 2.
    #[error("the MTA speaks milter protocol version {version}, at least {MIN_VERSION} is needed")]
    VersionTooOld {
        /// What it speaks.
        version: u32,
    },
    /// The MTA does not allow what the filter must do.
    #[error("the MTA does not allow: {missing}")]
    ActionsMissing {
        /// What it does not allow.
        missing: Actions,
    },
}

/// `SMFIM_*`: the number of a stage in the lists of macros wanted.
fn macro_list(stage: Stage) -> Option<u32> {
    Some(match stage {
        Stage::Connect => 0,
        Stage::Helo => 1,
        Stage::Mail => 2,
        Stage::Rcpt => 3,
        Stage::Data => 4,
        Stage::EndOfMessage => 5,
        Stage::EndOfHeader => 6,
        Stage::Header | Stage::Body | Stage::Unknown => return None,
    })
}

const NEGOTIABLE: [Stage; 9] = [
    Stage::Connect,
    Stage::Helo,
    Stage::Mail,
    Stage::Rcpt,
    Stage::Data,
    Stage::Header,
    Stage::EndOfHeader,
    Stage::Body,
    Stage::Unknown,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(bits: u32) -> Actions {
        Actions::from_bits(bits)
    }

    fn steps(bits: u32) -> Protocol {
        Protocol::from_bits(bits)
    }

    fn wishes() -> Wishes {
        Wishes {
            connect: Interest::Watched,
            mail: Interest::Watched,
            header: Interest::Watched,
            body: Interest::Watched,
            rcpt: Interest::Answered,
            required_actions: Actions::ADD_FIELDS,
            optional_actions: Actions::QUARANTINE,
            leading_space: true,
            macros: vec![(Stage::Mail, "i {auth_authen}"), (Stage::Body, "x"), (Stage::EndOfMessage, "i")],
            ..Wishes::default()
        }
    }

    #[test]
    fn takes_what_is_wished_and_offered() {
        let agreed = Terms::agree(6, actions(0x1ff), steps(0x1f_ffff), &wishes()).expect("terms");
        assert_eq!(agreed.version(), 6);
        assert_eq!(agreed.actions(), actions(0x121));
        // Left out: HELO, DATA, EOH, unknown. No reply: all but RCPT.
        assert_eq!(agreed.protocol(), steps(0x1f_77c2 & !0x8000));
        assert!(agreed.has_leading_space() && agreed.can_skip());
        assert!(!agreed.is_answered(Stage::Mail) && agreed.is_answered(Stage::Rcpt));
        assert!(agreed.is_answered(Stage::EndOfMessage));
    }

    #[test]
    fn takes_nothing_that_was_not_offered() {
        // Postfix with milter_protocol = 2.
        let agreed = Terms::agree(2, actions(0x3f), steps(0x7f), &wishes()).expect("terms");
        assert_eq!((agreed.version(), agreed.actions(), agreed.protocol()), (2, actions(0x21), steps(0x42)));
        assert!(agreed.is_answered(Stage::Mail) && !agreed.has_leading_space() && !agreed.can_skip());
    }

    #[test]
    fn refuses_what_cannot_work() {
        for (version, offered, error) in [
            (0, 0x1ff, NegotiationError::VersionTooOld { version: 0 }),
            (1, 0x1ff, NegotiationError::VersionTooOld { version: 1 }),
            (6, 0x1fe, NegotiationError::ActionsMissing { missing: Actions::ADD_FIELDS }),
        ] {
            assert_eq!(Terms::agree(version, actions(offered), steps(0x1f_ffff), &wishes()), Err(error));
        }
        let newer = Terms::agree(7, actions(0x1ff), steps(0x1f_ffff), &wishes()).expect("terms");
        assert_eq!(newer.version(), 6);
        let error = NegotiationError::ActionsMissing { missing: actions(0x21) };
        assert_eq!(error.to_string(), "the MTA does not allow: add header fields, quarantine");
    }

    #[test]
    fn writes_its_half() {
        let check = |offered, expected: &[u8]| {
            let mut out = Vec::new();
            let terms = Terms::agree(6, offered, Protocol::NONE, &wishes()).expect("terms");
            terms.write(&wishes(), &mut out);
            assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
        };
        check(actions(0x3f), b"\0\0\0\x0dO\0\0\0\x06\0\0\0\x21\0\0\0\0");
        check(
            actions(0x1ff),
            b"\0\0\0\x27O\0\0\0\x06\0\0\x01\x21\0\0\0\0\0\0\0\x02i {auth_authen}\0\0\0\0\x05i\0",
        );
    }
}
