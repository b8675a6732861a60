//! How a chapter begins, goes on and is undone.

use super::registrations::{cname_entry, dmarc_entry, spf_entry};
use super::{Came, Living, LivingError};
use crate::sandbox::chapters::{CHAPTERS, DkimStage, Goal, Happened, Registered, Stage};
use crate::sandbox::receiver_policy::ReceiverPolicy;
use crate::sandbox::world::World;

impl Living {
    /// Begins a chapter, in a world made anew where it is not as the chapter needs it. The chapter under way
    /// is undone: its messages go.
    pub(crate) async fn begin(&mut self, chapter: usize) -> Result<Came, LivingError> {
        let Some(of) = chapter.checked_sub(1).and_then(|place| CHAPTERS.get(place)) else {
            return Err(LivingError::Name);
        };
        if chapter <= self.chapter {
            let kept = if chapter == self.chapter { self.before_chapter } else { 0 };
            self.messages.retain(|message| message.number <= kept);
        }
        let anew = !self.is_at(of.stage).await?;
        if anew {
            let fresh = World::start().await?;
            std::mem::replace(&mut self.world, fresh).stop().await;
            self.policy = ReceiverPolicy::Honour;
            self.move_in().await?;
            self.set_up(of.stage).await?;
        }
        self.chapter = chapter;
        self.happened.clear();
        self.before_chapter = self.numbered;
        self.dns_happens();
        Ok(Came::Began(anew))
    }

    async fn is_at(&self, stage: Stage) -> Result<bool, LivingError> {
        let dkim = self.dkim().await?;
        let registered = self.registered(Some(&dkim));
        let has_keys = dkim.flyout != "NoKeys";
        let (is_there, cnames) = match stage.dkim {
            DkimStage::NoKeys => (!has_keys, [false; 2]),
            DkimStage::NotRegistered => (!dkim.enabled, [false; 2]),
            DkimStage::Signing => (dkim.enabled, [true; 2]),
            DkimStage::SigningFirst => {
                let first = dkim.selector1_state.as_deref() == Some("signing");
                (dkim.enabled && first && dkim.flyout == "Signing", [true; 2])
            }
        };
        let needed = Registered {
            spf: stage.spf,
            cnames,
            dmarc: stage.dmarc.map(str::to_owned),
            records: usize::from(stage.spf)
                + cnames.iter().filter(|is| **is).count()
                + usize::from(stage.dmarc.is_some()),
        };
        Ok(is_there && registered == needed && self.policy == ReceiverPolicy::Honour)
    }

    /// From nothing to what a chapter begins with.
    async fn set_up(&mut self, stage: Stage) -> Result<(), LivingError> {
        let mut entries = Vec::new();
        if stage.spf {
            entries.push(spf_entry());
        }
        let signing = matches!(stage.dkim, DkimStage::Signing | DkimStage::SigningFirst);
        if signing {
            let dkim = self.dkim().await?;
            entries.extend([0, 1].map(|place| cname_entry(&dkim, place)));
        }
        entries.extend(stage.dmarc.map(dmarc_entry));
        for entry in entries {
            self.add_record(&entry);
        }
        if signing {
            self.enable().await?;
        }
        Ok(())
    }

    /// Does the next step of the chapter for whoever would rather watch.
    pub(crate) async fn do_next(&mut self) -> Result<Came, LivingError> {
        let Some(goal) = self.chapter().goals.get(self.done()) else { return Ok(Came::AllDone) };
        let newest = self.messages.back().map_or(0, |message| message.number);
        match *goal {
            Goal::Sent { by, forwarded, .. } => self.send(by, forwarded).await,
            Goal::Policy(policy) => self.set_policy(policy).await,
            Goal::Spf | Goal::Cname(_) | Goal::Dmarc(_) => {
                let dkim = self.dkim().await?;
                let Some(entry) = Living::entry_of(*goal, &dkim) else { return Ok(Came::AllDone) };
                self.replace_record(&entry)
            }
            Goal::CnamesShown => Ok(self.show_cnames()),
            Goal::EnableRefused | Goal::Signing(true) => self.enable().await,
            Goal::Signing(false) => self.disable().await,
            Goal::Opened => Ok(Came::Look(newest)),
            Goal::Explained => Ok(Came::LookAtBounce(newest)),
            Goal::Rotating => self.rotate().await,
            Goal::Switched => self.move_time().await,
        }
    }

    pub(super) fn dns_happens(&mut self) {
        let registered = self.registered(None);
        self.happens(Happened::Dns(registered));
    }

    pub(super) fn happens(&mut self, happened: Happened) {
        if self.happened.len() >= MAX_HAPPENED {
            self.happened.remove(0);
        }
        self.happened.push(happened);
    }
}

/// In one chapter.
const MAX_HAPPENED: usize = 500;
