//! The twelve chapters: what each begins with, and what is done in it. What is said about it is in `words`.

use super::mail_host::Place;
use super::receiver_policy::ReceiverPolicy;
use super::world::Sender;

/// One chapter.
#[derive(Debug)]
pub(crate) struct Chapter {
    /// What the world is like when it begins.
    pub(super) stage: Stage,
    /// What is done, in this order.
    pub(crate) goals: &'static [Goal],
}

/// What stands before a chapter begins; besides, the receiver honours policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) spf: bool,
    pub(super) dkim: DkimStage,
    /// `p=` of the DMARC record.
    pub(super) dmarc: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DkimStage {
    NoKeys,
    /// Whether there are keys does not matter; the CNAMEs are not registered.
    NotRegistered,
    Signing,
    /// Signing, with the first selector, and no rotation has begun.
    SigningFirst,
}

/// Something to do, recognised by what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// A message reached this place, with all of these in its results.
    Sent {
        by: Sender,
        forwarded: bool,
        place: PlaceWord,
        results: &'static [&'static str],
    },
    Policy(ReceiverPolicy),
    Spf,
    CnamesShown,
    EnableRefused,
    /// Of the first or the second selector.
    Cname(usize),
    Signing(bool),
    Opened,
    Dmarc(&'static str),
    Rotating,
    Switched,
    Explained,
}

/// Where a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceWord {
    Inbox,
    Junk,
    Quarantine,
    Refused,
}

impl PlaceWord {
    pub(super) fn of(place: &Place) -> PlaceWord {
        match place {
            Place::Inbox => PlaceWord::Inbox,
            Place::Junk => PlaceWord::Junk,
            Place::Quarantine { .. } => PlaceWord::Quarantine,
            Place::Refused { .. } => PlaceWord::Refused,
        }
    }
}

/// What has happened since a chapter began.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Happened {
    Mail { by: Sender, forwarded: bool, place: PlaceWord, results: String },
    Policy(ReceiverPolicy),
    Dns(Registered),
    CnamesShown,
    EnableRefused,
    Signing(bool),
    Opened,
    Rotating,
    Switched,
    Explained,
}

/// What the DNS host has for the domain, as far as the story is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) spf: bool,
    pub(super) cnames: [bool; 2],
    /// `p=` of the one DMARC record.
    pub(super) dmarc: Option<String>,
    /// All records, these included.
    pub(super) records: usize,
}

impl Goal {
    fn is_met_by(&self, happened: &Happened) -> bool {
        match (self, happened) {
            (
                Goal::Sent { by, forwarded, place, results },
                Happened::Mail { by: who, forwarded: way, place: end, results: found },
            ) => {
                by == who
                    && forwarded == way
                    && place == end
                    && results.iter().all(|result| found.contains(result))
            }
            (Goal::Policy(policy), Happened::Policy(set)) => policy == set,
            (Goal::Spf, Happened::Dns(registered)) => registered.spf,
            (Goal::Cname(place), Happened::Dns(registered)) => registered.cnames[place % 2],
            (Goal::Dmarc(policy), Happened::Dns(registered)) => registered.dmarc.as_deref() == Some(policy),
            (Goal::Signing(wanted), Happened::Signing(is)) => wanted == is,
            (Goal::CnamesShown, Happened::CnamesShown)
            | (Goal::EnableRefused, Happened::EnableRefused)
            | (Goal::Opened, Happened::Opened)
            | (Goal::Rotating, Happened::Rotating)
            | (Goal::Switched, Happened::Switched)
            | (Goal::Explained, Happened::Explained) => true,
            _ => false,
        }
    }
}

/// How many of the goals are met, in their order. What meets one may meet the next as well.
pub(super) fn met(goals: &[Goal], happened: &[Happened]) -> usize {
    let mut place = 0;
    for (count, goal) in goals.iter().enumerate() {
        match happened[place..].iter().position(|happened| goal.is_met_by(happened)) {
            Some(found) => place += found,
            None => return count,
        }
    }
    goals.len()
}

const fn sent(by: Sender, place: PlaceWord, results: &'static [&'static str]) -> Goal {
    Goal::Sent { by, forwarded: false, place, results }
}

const fn forwarded(place: PlaceWord, results: &'static [&'static str]) -> Goal {
    Goal::Sent { by: Sender::User, forwarded: true, place, results }
}

const fn stage(spf: bool, dkim: DkimStage, dmarc: Option<&'static str>) -> Stage {
    Stage { spf, dkim, dmarc }
}

use DkimStage::{NoKeys, NotRegistered, SigningFirst};
use PlaceWord::{Inbox, Quarantine, Refused};
use Sender::{Impostor, User};

/// Chapters 1 to 12.
pub(crate) static CHAPTERS: [Chapter; 12] = [
    Chapter {
        stage: stage(false, NoKeys, None),
        goals: &[
            sent(User, Inbox, &["spf=none", "dkim=none", "dmarc=none"]),
            sent(Impostor, Inbox, &["spf=none", "dkim=none", "dmarc=none"]),
            Goal::Policy(ReceiverPolicy::Strict),
            sent(User, Refused, &[]),
            Goal::Policy(ReceiverPolicy::Honour),
        ],
    },
    Chapter {
        stage: stage(false, NoKeys, None),
        goals: &[
            Goal::Spf,
            sent(User, Inbox, &["spf=pass", "dkim=none"]),
            sent(Impostor, Inbox, &["spf=fail"]),
        ],
    },
    Chapter { stage: stage(true, NoKeys, None), goals: &[Goal::CnamesShown] },
    Chapter {
        stage: stage(true, NotRegistered, None),
        goals: &[Goal::EnableRefused, sent(User, Inbox, &["spf=pass", "dkim=none"])],
    },
    Chapter {
        stage: stage(true, NotRegistered, None),
        goals: &[
            Goal::Cname(0),
            Goal::Cname(1),
            Goal::Signing(true),
            sent(User, Inbox, &["spf=pass", "dkim=pass"]),
            Goal::Opened,
        ],
    },
    Chapter {
        stage: stage(true, DkimStage::Signing, None),
        goals: &[forwarded(Inbox, &["spf=fail", "dkim=pass"])],
    },
    Chapter {
        stage: stage(true, DkimStage::Signing, None),
        goals: &[
            Goal::Dmarc("none"),
            sent(User, Inbox, &["dmarc=pass"]),
            sent(Impostor, Inbox, &["dmarc=fail"]),
        ],
    },
    Chapter {
        stage: stage(true, DkimStage::Signing, Some("none")),
        goals: &[
            Goal::Dmarc("quarantine"),
            sent(Impostor, Quarantine, &["dmarc=fail"]),
            sent(User, Inbox, &["dmarc=pass"]),
        ],
    },
    Chapter {
        stage: stage(true, DkimStage::Signing, Some("quarantine")),
        goals: &[
            Goal::Dmarc("reject"),
            sent(Impostor, Refused, &["dmarc=fail"]),
            forwarded(Inbox, &["spf=fail", "dkim=pass", "dmarc=pass"]),
        ],
    },
    Chapter {
        stage: stage(true, DkimStage::Signing, Some("reject")),
        goals: &[
            Goal::Policy(ReceiverPolicy::QuarantineInstead),
            sent(Impostor, Quarantine, &["dmarc=fail"]),
            Goal::Policy(ReceiverPolicy::Lenient),
            sent(Impostor, Inbox, &["dmarc=fail"]),
            Goal::Policy(ReceiverPolicy::Honour),
        ],
    },
    Chapter {
        stage: stage(true, SigningFirst, Some("reject")),
        goals: &[
            Goal::Rotating,
            Goal::Switched,
            sent(User, Inbox, &["dkim=pass", "header.s=selector2", "dmarc=pass"]),
        ],
    },
    Chapter {
        stage: stage(true, DkimStage::Signing, Some("reject")),
        goals: &[
            Goal::Signing(false),
            forwarded(Refused, &["dmarc=fail"]),
            Goal::Explained,
            Goal::Signing(true),
            forwarded(Inbox, &["dkim=pass", "dmarc=pass"]),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_met_in_their_order() {
        let dns = |cnames| Happened::Dns(Registered { cnames, ..Registered::default() });
        let goals = [Goal::Cname(0), Goal::Cname(1), Goal::Signing(true)];
        let check = |happened: &[Happened], expected: usize| assert_eq!(met(&goals, happened), expected);
        check(&[], 0);
        check(&[dns([true, false])], 1);
        check(&[dns([false, true]), dns([true, true])], 2);
        check(&[Happened::Signing(true), dns([true, true])], 2);
        check(&[dns([true, true]), Happened::Signing(false), Happened::Signing(true)], 3);
    }

    #[test]
    fn a_message_counts_where_it_ended() {
        let goals = [forwarded(Refused, &["dmarc=fail"]), forwarded(Inbox, &["dmarc=pass"])];
        let mail = |place, results: &str| Happened::Mail {
            by: User,
            forwarded: true,
            place,
            results: results.to_owned(),
        };
        assert_eq!(met(&goals, &[mail(Inbox, "dmarc=pass")]), 0);
        assert_eq!(met(&goals, &[mail(Refused, "dmarc=fail"), mail(Inbox, "dmarc=pass")]), 2);
    }
}
