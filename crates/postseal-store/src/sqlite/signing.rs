use postseal_core::dkim::Selector;
use postseal_core::dns::DomainName;
use postseal_core::hosting::{
    Advance, Changes, Event, OrganisationName, Refusal, SigningConfiguration, Slot, Waits, hosted_selector,
};

use super::domains::DomainRow;
use super::keys::{self, Owner};
use super::{Connection, Sqlite, configuration_rows, domains, feed, labels, organisations, to_sql};
use crate::{Act, HostedKey, StoreError};

/// Seconds for which the hosted names of a domain that was removed answer as revoked.
const REVOKED_AFTER_REMOVAL: u64 = 30 * 24 * 3_600;

/// A configuration under a transaction's lock.
struct Locked {
    row: DomainRow,
    configuration: SigningConfiguration,
}

/// Removes the configuration of a domain: its private keys are destroyed, and its
/// hosted names answer as revoked for thirty days.
pub(super) async fn drop_configuration(
    connection: &mut Connection,
    row: &DomainRow,
    now: u64,
) -> Result<(), StoreError> {
    let Some(configuration) = configuration_rows::load(connection, row.id).await? else { return Ok(()) };
    for slot in Slot::BOTH {
        let state = configuration.slot(slot);
        let record = keys::record(connection, state.key).await?;
        retire_name(connection, row, &state.name, record, (now, now + REVOKED_AFTER_REMOVAL)).await?;
        keys::destroy(connection, state.key, now).await?;
    }
    sqlx::query("DELETE FROM signing_configuration WHERE domain_id = ?")
        .bind(row.id)
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM sighting WHERE domain_id = ?").bind(row.id).execute(connection).await?;
    Ok(())
}

/// A hosted name that is no selector's any more: it answers with the key until the
/// first moment, as revoked until the second, and then not at all.
async fn retire_name(
    connection: &mut Connection,
    row: &DomainRow,
    selector: &Selector,
    record: String,
    (published_until, revoked_until): (u64, u64),
) -> Result<(), StoreError> {
    let label = labels::find(connection, row.organisation_id, &row.name).await?;
    let label = label.ok_or(StoreError::BadRow { what: "label" })?;
    sqlx::query("INSERT INTO former_name (name, record, published_until, revoked_until) VALUES (?, ?, ?, ?)")
        .bind(hosted_selector(selector, &label)?)
        .bind(record)
        .bind(to_sql(published_until))
        .bind(to_sql(revoked_until))
        .execute(connection)
        .await?;
    Ok(())
}

impl Sqlite {
    pub(crate) async fn dkim_get(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<Option<SigningConfiguration>, StoreError> {
        let mut transaction = self.read().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let row = domains::held(&mut transaction, id, name).await?;
        configuration_rows::load(&mut transaction, row.id).await
    }

    /// Makes the configuration with two keys. What is asked for is set as far as it
    /// can be: a refusal to enable leaves it made and not enabled, and is returned.
    pub(crate) async fn dkim_new(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        new_keys: [&HostedKey; 2],
        changes: &Changes,
        act: Act<'_>,
    ) -> Result<(SigningConfiguration, Option<Refusal>), StoreError> {
        let mut transaction = self.write().await?;
        let made =
            self.make_configuration(&mut transaction, organisation, name, new_keys, changes, act).await?;
        transaction.commit().await?;
        Ok(made)
    }

    pub(super) async fn make_configuration(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        name: &DomainName,
        new_keys: [&HostedKey; 2],
        changes: &Changes,
        act: Act<'_>,
    ) -> Result<(SigningConfiguration, Option<Refusal>), StoreError> {
        let id = organisations::id_of(connection, organisation).await?;
        let row = domains::held(connection, id, name).await?;
        if configuration_rows::load(connection, row.id).await?.is_some() {
            return Err(StoreError::AlreadyConfigured(name.to_string()));
        }
        let selectors = changes.selectors.clone().unwrap_or_else(SigningConfiguration::default_selectors);
        labels::reserve(connection, id, name, [&selectors[0], &selectors[1]], act.now).await?;
        let owner = Owner { organisation: organisation.as_str(), domain_id: row.id, domain: name.as_str() };
        let first = keys::insert(connection, &self.vault, owner, &selectors[0], new_keys[0], act.now).await?;
        let second =
            keys::insert(connection, &self.vault, owner, &selectors[1], new_keys[1], act.now).await?;
        let mut configuration =
            SigningConfiguration::new(selectors, [first, second], new_keys[0].bits(), act.now)?;
        configuration.set(&Changes { enabled: None, selectors: None, ..changes.clone() }, act.now)?;
        let enable = Changes { enabled: changes.enabled, ..Changes::default() };
        let refused = configuration.set(&enable, act.now).err();
        configuration_rows::save(connection, row.id, &configuration).await?;
        let detail = format!("enabled={} bits={}", configuration.enabled, configuration.key_bits);
        self.note_signing(connection, organisation, name, "dkim.new", detail, act).await?;
        Ok((configuration, refused))
    }

    pub(crate) async fn dkim_set(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        changes: &Changes,
        waits: &Waits,
        act: Act<'_>,
    ) -> Result<SigningConfiguration, StoreError> {
        let mut transaction = self.write().await?;
        let Locked { row, mut configuration } = self.lock(&mut transaction, organisation, name).await?;
        let before = configuration.clone();
        configuration.set(changes, act.now)?;
        self.follow_names(&mut transaction, organisation, &row, (&before, &configuration), waits, act.now)
            .await?;
        configuration_rows::save(&mut transaction, row.id, &configuration).await?;
        let detail =
            format!("enabled={} {}", configuration.enabled, changed_properties(&before, &configuration));
        self.note_signing(&mut transaction, organisation, name, "dkim.set", detail, act).await?;
        transaction.commit().await?;
        Ok(configuration)
    }

    /// A selector with another name: its hosted name is reserved, its key sealed for
    /// it, and the old name goes on answering for the mail that is under way.
    async fn follow_names(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        row: &DomainRow,
        (before, after): (&SigningConfiguration, &SigningConfiguration),
        waits: &Waits,
        now: u64,
    ) -> Result<(), StoreError> {
        let [old, new] = [before, after].map(|c| [&c.slots[0].name, &c.slots[1].name]);
        if old == new {
            return Ok(());
        }
        labels::reserve(connection, row.organisation_id, &row.name, new, now).await?;
        let owner =
            Owner { organisation: organisation.as_str(), domain_id: row.id, domain: row.name.as_str() };
        for slot in Slot::BOTH {
            let (was, is) = (before.slot(slot), after.slot(slot));
            if was.name != is.name {
                keys::reseal(connection, &self.vault, owner, is.key, &is.name).await?;
            }
            if !new.contains(&&was.name) {
                let until = now + waits.retiring;
                let record = keys::record(connection, was.key).await?;
                retire_name(connection, row, &was.name, record, (until, until + waits.revoked)).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn dkim_rotate(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        key_size: Option<u32>,
        new_key: Option<&HostedKey>,
        waits: &Waits,
        act: Act<'_>,
    ) -> Result<Advance, StoreError> {
        let step = |c: &mut SigningConfiguration, key| c.rotate(key_size, key, waits, act.now);
        self.transition(organisation, name, "dkim.rotate", new_key, act, step).await
    }

    pub(crate) async fn dkim_revoke_current(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        waits: &Waits,
        act: Act<'_>,
    ) -> Result<Advance, StoreError> {
        let step = |c: &mut SigningConfiguration, _| c.revoke_current(waits, act.now);
        self.transition(organisation, name, "dkim.rotate_compromised", None, act, step).await
    }

    pub(crate) async fn dkim_advance(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        new_key: Option<&HostedKey>,
        waits: &Waits,
        act: Act<'_>,
    ) -> Result<Advance, StoreError> {
        let step = |c: &mut SigningConfiguration, key| Ok(c.advance(key, waits, act.now));
        self.transition(organisation, name, "dkim.advance", new_key, act, step).await
    }

    /// Applies a transition of the core. A key that was brought is stored first, for
    /// its number, and taken out again where the transition did not use it. A key
    /// that nothing uses any more is destroyed in the same transaction.
    async fn transition(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        action: &str,
        new_key: Option<&HostedKey>,
        act: Act<'_>,
        step: impl FnOnce(
            &mut SigningConfiguration,
            Option<postseal_core::hosting::NewKey>,
        ) -> Result<Advance, Refusal>,
    ) -> Result<Advance, StoreError> {
        let mut transaction = self.write().await?;
        let Locked { row, mut configuration } = self.lock(&mut transaction, organisation, name).await?;
        let before = configuration.clone();
        let owner = Owner { organisation: organisation.as_str(), domain_id: row.id, domain: name.as_str() };
        let brought = match new_key {
            Some(key) => {
                let selector = &before.slot(before.current().other()).name;
                Some(keys::insert(&mut transaction, &self.vault, owner, selector, key, act.now).await?)
            }
            None => None,
        };
        let done = step(&mut configuration, brought)?;
        if configuration == before {
            // Nothing was due: the key that was brought goes with the transaction.
            return Ok(done);
        }
        configuration_rows::save(&mut transaction, row.id, &configuration).await?;
        if let Some(key) = brought.filter(|_| !done.key_used) {
            sqlx::query("DELETE FROM signing_key WHERE id = ?")
                .bind(key.id.0)
                .execute(&mut *transaction)
                .await?;
        }
        destroy_unused(&mut transaction, &before, &configuration, act.now).await?;
        self.note_signing(&mut transaction, organisation, name, action, words(&done.events), act).await?;
        transaction.commit().await?;
        Ok(done)
    }

    pub(crate) async fn dkim_remove(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let Locked { row, .. } = self.lock(&mut transaction, organisation, name).await?;
        drop_configuration(&mut transaction, &row, act.now).await?;
        self.note_signing(&mut transaction, organisation, name, "dkim.remove", String::new(), act).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn lock(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<Locked, StoreError> {
        let id = organisations::id_of(connection, organisation).await?;
        let row = domains::held(connection, id, name).await?;
        let configuration = configuration_rows::load(connection, row.id).await?;
        let configuration = configuration.ok_or_else(|| StoreError::NoConfiguration(name.to_string()))?;
        Ok(Locked { row, configuration })
    }

    async fn note_signing(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        name: &DomainName,
        action: &str,
        detail: String,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        feed::note_zone(connection, Some(name.as_str()), act.now).await?;
        self.note_domain(connection, organisation, name, action, detail, act).await
    }
}

/// Destroys the keys that were replaced, and those whose selectors are revoked.
async fn destroy_unused(
    connection: &mut Connection,
    before: &SigningConfiguration,
    after: &SigningConfiguration,
    now: u64,
) -> Result<(), StoreError> {
    for slot in Slot::BOTH {
        let (was, is) = (before.slot(slot), after.slot(slot));
        if was.key != is.key || !is.is_published() {
            keys::destroy(connection, was.key, now).await?;
        }
    }
    Ok(())
}

fn changed_properties(before: &SigningConfiguration, after: &SigningConfiguration) -> String {
    let names = |c: &SigningConfiguration| [c.slots[0].name.clone(), c.slots[1].name.clone()];
    let changed = [
        ("display_name", before.admin_display_name != after.admin_display_name),
        ("header_canonicalization", before.header_canonicalization != after.header_canonicalization),
        ("body_canonicalization", before.body_canonicalization != after.body_canonicalization),
        ("unseen_key", before.unseen_key != after.unseen_key),
        ("selectors", names(before) != names(after)),
    ];
    let words: Vec<&str> = changed.iter().filter(|(_, changed)| *changed).map(|(word, _)| *word).collect();
    format!("changed={}", words.join(","))
}

fn words(events: &[Event]) -> String {
    let word = |event: &Event| match event {
        Event::RotationBegan => "rotation_began".to_owned(),
        Event::Switched { to } => format!("signs={}", to.number()),
        Event::Revoked(slot) => format!("revoked={}", slot.number()),
        Event::KeyRenewed(slot) => format!("key_renewed={}", slot.number()),
        Event::Lost(slot) => format!("lost={}", slot.number()),
        Event::Seen(slot) => format!("seen={}", slot.number()),
    };
    events.iter().map(word).collect::<Vec<_>>().join(" ")
}
