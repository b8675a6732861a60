//! What is done by hand or by button.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep};

use super::{Came, Living, LivingError, MOMENT, START};
use crate::api::ClientError;
use crate::api::resource::{
    DkimOutcome, DkimSigningConfiguration, NewDkimSigningConfiguration, RotateDkimSigningConfiguration,
    SetDkimSigningConfiguration,
};
use crate::sandbox::chapters::{Happened, PlaceWord};
use crate::sandbox::ledger::Message;
use crate::sandbox::letter::letter;
use crate::sandbox::receiver_policy::{ReceiverPolicy, without_helo};
use crate::sandbox::smtp::SmtpError;
use crate::sandbox::world::Sender;
use crate::sandbox::{ALUMNI, CONTOSO, RECEIVER};

impl Living {
    /// Sends a message and follows it to its end.
    pub(crate) async fn send(&mut self, by: Sender, forwarded: bool) -> Result<Came, LivingError> {
        let recipient = format!("ken@{}", if forwarded { ALUMNI } else { RECEIVER });
        let subject = if by == Sender::User { "Figures" } else { "Please pay this invoice today" };
        let parcel = letter(&format!("anne@{CONTOSO}"), &recipient, subject, self.numbered + 1);
        self.world.take_questions();
        let before = self.world.receiver.count();
        let reply = match self.world.send(by, &parcel).await {
            Ok(reply) | Err(SmtpError::Refused(reply)) => reply,
            Err(error) => return Err(error.into()),
        };
        let questions = self.world.take_questions();
        let delivery = self.world.receiver.newest().filter(|_| self.world.receiver.count() > before);
        let Some(delivery) = delivery else { return Err(LivingError::NoArrival(reply)) };
        self.numbered += 1;
        let of = (self.numbered, by, forwarded);
        let message =
            Message::of(of, delivery, reply, questions, (self.world.receiver_resolver(), now())).await;
        let (place, results) = (PlaceWord::of(&message.place), without_helo(&message.results));
        self.happens(Happened::Mail { by, forwarded, place, results });
        if self.messages.len() >= MAX_MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
        Ok(Came::Mail(self.numbered))
    }

    pub(crate) async fn set_policy(&mut self, policy: ReceiverPolicy) -> Result<Came, LivingError> {
        self.world.set_receiver_policy(policy).await?;
        self.policy = policy;
        self.happens(Happened::Policy(policy));
        Ok(Came::Policy(policy))
    }

    pub(crate) fn show_cnames(&mut self) -> Came {
        self.happens(Happened::CnamesShown);
        Came::Cnames
    }

    /// Signs from now on, if the world can see the keys.
    pub(crate) async fn enable(&mut self) -> Result<Came, LivingError> {
        let (client, organisation, domain) = (self.client(), &self.organisation, &self.domain);
        let outcome = if self.dkim().await?.flyout == "NoKeys" {
            let new = NewDkimSigningConfiguration { enabled: true, ..NewDkimSigningConfiguration::default() };
            client.new_dkim(organisation, domain, &new).await?
        } else {
            let set =
                SetDkimSigningConfiguration { enabled: Some(true), ..SetDkimSigningConfiguration::default() };
            match client.set_dkim(organisation, domain, &set).await {
                Ok(outcome) => outcome,
                Err(ClientError::Problem(problem)) if problem.status == 409 => {
                    let configuration = self.dkim().await?;
                    let warning = Some(*problem);
                    DkimOutcome { configuration, warning, events: Vec::new(), dry_run: false }
                }
                Err(error) => return Err(error.into()),
            }
        };
        if outcome.configuration.enabled {
            self.happens(Happened::Signing(true));
            Ok(Came::Signing(true))
        } else {
            self.happens(Happened::EnableRefused);
            Ok(Came::TooEarly(Box::new(outcome)))
        }
    }

    pub(crate) async fn disable(&mut self) -> Result<Came, LivingError> {
        let set =
            SetDkimSigningConfiguration { enabled: Some(false), ..SetDkimSigningConfiguration::default() };
        self.client().set_dkim(&self.organisation, &self.domain, &set).await?;
        self.happens(Happened::Signing(false));
        Ok(Came::Signing(false))
    }

    pub(crate) async fn rotate(&mut self) -> Result<Came, LivingError> {
        let order = RotateDkimSigningConfiguration::default();
        self.client().rotate_dkim(&self.organisation, &self.domain, &order).await?;
        self.happens(Happened::Rotating);
        Ok(Came::Rotating)
    }

    /// The mail server's node is four days and an hour later. Where a rotation has begun, the other key signs then.
    pub(crate) async fn move_time(&mut self) -> Result<Came, LivingError> {
        let before = self.dkim().await?;
        self.world.move_time(FOUR_DAYS);
        if before.flyout != "Rotating" {
            return Ok(Came::Switched);
        }
        let deadline = Instant::now() + START;
        let signing = |dkim: &DkimSigningConfiguration| dkim.selector2_state.as_deref() == Some("signing");
        let was = signing(&before);
        loop {
            self.client().check_dkim(&self.organisation, &self.domain).await?;
            if signing(&self.dkim().await?) != was {
                break;
            }
            if Instant::now() > deadline {
                return Err(LivingError::NotSwitched);
            }
            sleep(MOMENT).await;
        }
        // Its answer comes when what was decided is in force.
        self.client().check_dkim(&self.organisation, &self.domain).await?;
        self.happens(Happened::Switched);
        Ok(Came::Switched)
    }

    /// Lets into the portal of the mail server's node, once: it is made there as `postseal setup-link` makes it.
    pub(crate) async fn portal_link(&self) -> Result<Came, LivingError> {
        Ok(Came::Portal(self.client().add_setup_link().await?.url))
    }

    /// Somebody looks into a message, or reads what its bounce means.
    pub(crate) fn looks(&mut self, explained: bool) {
        self.happens(if explained { Happened::Explained } else { Happened::Opened });
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The wait of a rotation (96 h), and an hour.
const FOUR_DAYS: u64 = 97 * 3_600;

/// Of messages that are remembered.
const MAX_MESSAGES: usize = 200;
