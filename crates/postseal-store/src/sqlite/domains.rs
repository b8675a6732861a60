use postseal_core::dns::DomainName;
use postseal_core::hosting::{
    Challenge, Claim, Holding, OrganisationName, OwnershipToken, Proof, SigningConfiguration, TOKEN_LOSS,
    Title, TokenReading, judge_claim, transfer_due,
};

use super::audit::{self, Entry};
use super::{Connection, Sqlite, feed, from_sql, labels, organisations, signing, to_sql};
use crate::{Act, Domain, Standing, StoreError, Verification};

/// A row of the table, read.
#[derive(Clone)]
pub(super) struct DomainRow {
    pub(super) id: i64,
    pub(super) organisation_id: i64,
    pub(super) name: DomainName,
    pub(super) standing: Standing,
    /// When it was claimed, or added by the operator's word.
    pub(super) added_at: u64,
    /// When a claimant's token was first seen while another holds the domain.
    proven_at: Option<u64>,
}

pub(super) type Columns = (
    i64,
    i64,
    String,
    String,
    String,
    i64,
    Option<i64>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

const BY_NAME: &str =
    "SELECT id, organisation_id, name, state, token, token_made_at, proven_at, title, title_at,
    checked_at, missing_since FROM domain WHERE organisation_id = ? AND name = ?";
const BY_HOLDER: &str =
    "SELECT id, organisation_id, name, state, token, token_made_at, proven_at, title, title_at,
    checked_at, missing_since FROM domain WHERE name = ? AND state = 'held'";
pub(super) async fn find(
    connection: &mut Connection,
    organisation: i64,
    name: &DomainName,
) -> Result<Option<DomainRow>, StoreError> {
    let row: Option<Columns> =
        sqlx::query_as(BY_NAME).bind(organisation).bind(name.as_str()).fetch_optional(connection).await?;
    row.map(DomainRow::read).transpose()
}

async fn holder(connection: &mut Connection, name: &DomainName) -> Result<Option<DomainRow>, StoreError> {
    let row: Option<Columns> =
        sqlx::query_as(BY_HOLDER).bind(name.as_str()).fetch_optional(connection).await?;
    row.map(DomainRow::read).transpose()
}

/// A domain that the organisation holds.
pub(super) async fn held(
    connection: &mut Connection,
    organisation: i64,
    name: &DomainName,
) -> Result<DomainRow, StoreError> {
    match find(connection, organisation, name).await? {
        Some(row) if matches!(row.standing, Standing::Held(_)) => Ok(row),
        Some(row) if matches!(row.standing, Standing::Claimed(_)) => {
            Err(StoreError::NotHeld(name.to_string()))
        }
        _ => Err(StoreError::NoDomain(name.to_string())),
    }
}

impl DomainRow {
    pub(super) fn read(row: Columns) -> Result<DomainRow, StoreError> {
        let bad = || StoreError::BadRow { what: "domain" };
        let (
            id,
            organisation_id,
            name,
            state,
            token,
            made_at,
            proven_at,
            title,
            title_at,
            checked_at,
            missing,
        ) = row;
        let token = OwnershipToken::parse(&token).ok_or_else(bad)?;
        let title_at = title_at.map(from_sql);
        let standing = match (state.as_str(), title.as_deref(), title_at) {
            ("claimed", _, _) => Standing::Claimed(Claim { token, made_at: from_sql(made_at) }),
            ("removed", _, _) => Standing::Removed,
            ("held", Some(title @ ("proven" | "trusted")), Some(at)) => {
                let title = if title == "proven" { Title::Proven { at } } else { Title::Trusted { at } };
                let checked_at = from_sql(checked_at.ok_or_else(bad)?);
                Standing::Held(Holding { token, title, checked_at, missing_since: missing.map(from_sql) })
            }
            _ => return Err(bad()),
        };
        let name = DomainName::parse(&name).map_err(|_| bad())?;
        let (added_at, proven_at) = (from_sql(made_at), proven_at.map(from_sql));
        Ok(DomainRow { id, organisation_id, name, standing, added_at, proven_at })
    }
}

async fn save_holding(connection: &mut Connection, id: i64, holding: &Holding) -> Result<(), StoreError> {
    let (title, at) = match holding.title {
        Title::Proven { at } => ("proven", at),
        Title::Trusted { at } => ("trusted", at),
    };
    sqlx::query(
        "UPDATE domain SET state = 'held', token = ?, title = ?, title_at = ?, checked_at = ?, missing_since = ?,
         proven_at = NULL WHERE id = ?",
    )
    .bind(holding.token.as_str())
    .bind(title)
    .bind(to_sql(at))
    .bind(to_sql(holding.checked_at))
    .bind(holding.missing_since.map(to_sql))
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

async fn save_claim(
    connection: &mut Connection,
    organisation: i64,
    name: &DomainName,
    claim: &Claim,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO domain (organisation_id, name, state, token, token_made_at) VALUES (?, ?, 'claimed', ?, ?)
         ON CONFLICT (organisation_id, name) DO UPDATE SET state = 'claimed', token = excluded.token,
         token_made_at = excluded.token_made_at, proven_at = NULL",
    )
    .bind(organisation)
    .bind(name.as_str())
    .bind(claim.token.as_str())
    .bind(to_sql(claim.made_at))
    .execute(connection)
    .await?;
    Ok(())
}

impl Sqlite {
    /// Adds a claim, or returns the domain as it is: a claim that lives keeps its token.
    pub(crate) async fn add_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        token: OwnershipToken,
        act: Act<'_>,
    ) -> Result<Domain, StoreError> {
        let mut transaction = self.write().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let keeps = match find(&mut transaction, id, name).await?.map(|row| row.standing) {
            Some(Standing::Claimed(claim)) => !claim.is_expired(act.now),
            Some(Standing::Held(_)) => true,
            Some(Standing::Removed) | None => false,
        };
        if !keeps {
            save_claim(&mut transaction, id, name, &Claim { token, made_at: act.now }).await?;
            self.note_domain(&mut transaction, organisation, name, "domain.add", String::new(), act).await?;
        }
        let domain = self.domain_of(&mut transaction, organisation, id, name).await?;
        transaction.commit().await?;
        Ok(domain)
    }

    /// Takes a reading of all authoritative servers into account, for a claim or for a holding.
    pub(crate) async fn verify_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        readings: &[TokenReading],
        act: Act<'_>,
    ) -> Result<Verification, StoreError> {
        let mut transaction = self.write().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let row =
            find(&mut transaction, id, name).await?.ok_or_else(|| StoreError::NoDomain(name.to_string()))?;
        let outcome = match row.standing.clone() {
            Standing::Held(mut holding) => {
                let proof = holding.look(readings, act.now);
                save_holding(&mut transaction, row.id, &holding).await?;
                if proof == Proof::Absent { Verification::HeldTokenMissing } else { Verification::Held }
            }
            Standing::Claimed(claim) => {
                self.verify_claim(&mut transaction, organisation, &row, &claim, readings, act).await?
            }
            Standing::Removed => return Err(StoreError::NoDomain(name.to_string())),
        };
        transaction.commit().await?;
        Ok(outcome)
    }

    async fn verify_claim(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        row: &DomainRow,
        claim: &Claim,
        readings: &[TokenReading],
        act: Act<'_>,
    ) -> Result<Verification, StoreError> {
        let proof = judge_claim(claim, readings, act.now);
        if proof != Proof::Proven {
            return Ok(Verification::NotProven(proof));
        }
        let won = Holding::proven(claim.token.clone(), act.now);
        let Some(held_by) = holder(connection, &row.name).await? else {
            self.hold(connection, organisation, row, &won, "domain.verify", act).await?;
            return Ok(Verification::Held);
        };
        let Standing::Held(mut holding) = held_by.standing.clone() else {
            return Err(StoreError::BadRow { what: "domain" });
        };
        // The same reading shows whether the holder's token is still there.
        holding.look(readings, act.now);
        save_holding(connection, held_by.id, &holding).await?;
        let proven_at = row.proven_at.unwrap_or(act.now);
        sqlx::query("UPDATE domain SET proven_at = ? WHERE id = ?")
            .bind(to_sql(proven_at))
            .bind(row.id)
            .execute(&mut *connection)
            .await?;
        if !transfer_due(&holding, Challenge { proven_at }) {
            return Ok(Verification::Contested {
                again_at: holding.missing_since.map(|since| since + TOKEN_LOSS),
            });
        }
        let loser = organisations::name_of(connection, held_by.organisation_id).await?;
        self.let_go(connection, &loser, &held_by, "domain.lost", format!("to={organisation}"), act).await?;
        self.hold(connection, organisation, row, &won, "domain.moved", act).await?;
        Ok(Verification::Moved)
    }

    /// Holds a domain by the operator's word.
    pub(crate) async fn trust_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        token: OwnershipToken,
        act: Act<'_>,
    ) -> Result<Domain, StoreError> {
        let mut transaction = self.write().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        match holder(&mut transaction, name).await? {
            Some(row) if row.organisation_id != id => {
                return Err(StoreError::HeldByAnother(name.to_string()));
            }
            Some(_) => {}
            None => self.hold_trusted(&mut transaction, organisation, id, name, token, act).await?,
        }
        let domain = self.domain_of(&mut transaction, organisation, id, name).await?;
        transaction.commit().await?;
        Ok(domain)
    }

    /// Holds a domain that nobody holds, by the operator's word.
    pub(super) async fn hold_trusted(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        id: i64,
        name: &DomainName,
        token: OwnershipToken,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        save_claim(connection, id, name, &Claim { token: token.clone(), made_at: act.now }).await?;
        let row = find(connection, id, name).await?.ok_or(StoreError::BadRow { what: "domain" })?;
        let held = Holding::trusted(token, act.now);
        self.hold(connection, organisation, &row, &held, "domain.trust", act).await
    }

    /// From now the domain is the organisation's, and its hosted names are fixed.
    async fn hold(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        row: &DomainRow,
        holding: &Holding,
        action: &str,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        save_holding(connection, row.id, holding).await?;
        let [first, second] = SigningConfiguration::default_selectors();
        let label =
            labels::reserve(connection, row.organisation_id, &row.name, [&first, &second], act.now).await?;
        feed::note_zone(connection, Some(row.name.as_str()), act.now).await?;
        self.note_domain(connection, organisation, &row.name, action, format!("label={label}"), act).await
    }

    /// The domain is the organisation's no more: nothing is signed, and its hosted names are revoked.
    async fn let_go(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        row: &DomainRow,
        action: &str,
        detail: String,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        signing::drop_configuration(connection, row, act.now).await?;
        sqlx::query(
            "UPDATE domain SET state = 'removed', title = NULL, title_at = NULL, checked_at = NULL,
             missing_since = NULL, proven_at = NULL WHERE id = ?",
        )
        .bind(row.id)
        .execute(&mut *connection)
        .await?;
        feed::note_zone(connection, Some(row.name.as_str()), act.now).await?;
        self.note_domain(connection, organisation, &row.name, action, detail, act).await
    }

    pub(crate) async fn remove_domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let row = find(&mut transaction, id, name).await?.filter(|row| row.standing != Standing::Removed);
        let row = row.ok_or_else(|| StoreError::NoDomain(name.to_string()))?;
        self.let_go(&mut transaction, organisation, &row, "domain.remove", String::new(), act).await?;
        transaction.commit().await?;
        Ok(())
    }

    pub(crate) async fn domain(
        &self,
        organisation: &OrganisationName,
        name: &DomainName,
    ) -> Result<Domain, StoreError> {
        let mut transaction = self.read().await?;
        let id = organisations::id_of(&mut transaction, organisation).await?;
        let domain = self.domain_of(&mut transaction, organisation, id, name).await?;
        match domain.standing {
            Standing::Removed => Err(StoreError::NoDomain(name.to_string())),
            Standing::Claimed(_) | Standing::Held(_) => Ok(domain),
        }
    }

    /// Who holds a name, if anybody does.
    pub(crate) async fn holder_of(&self, name: &DomainName) -> Result<Option<OrganisationName>, StoreError> {
        let mut transaction = self.read().await?;
        match holder(&mut transaction, name).await? {
            Some(row) => Ok(Some(organisations::name_of(&mut transaction, row.organisation_id).await?)),
            None => Ok(None),
        }
    }

    async fn domain_of(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        id: i64,
        name: &DomainName,
    ) -> Result<Domain, StoreError> {
        let row = find(connection, id, name).await?.ok_or_else(|| StoreError::NoDomain(name.to_string()))?;
        with_label(connection, organisation, row).await
    }

    pub(super) async fn note_domain(
        &self,
        connection: &mut Connection,
        organisation: &OrganisationName,
        name: &DomainName,
        action: &str,
        detail: String,
        act: Act<'_>,
    ) -> Result<(), StoreError> {
        let entry = Entry { organisation: organisation.as_str(), action, subject: name.as_str(), detail };
        audit::append(connection, &self.vault, act, entry).await
    }
}

async fn with_label(
    connection: &mut Connection,
    organisation: &OrganisationName,
    row: DomainRow,
) -> Result<Domain, StoreError> {
    let label = labels::find(connection, row.organisation_id, &row.name).await?;
    let (organisation, added_at) = (organisation.clone(), row.added_at);
    Ok(Domain { name: row.name, organisation, standing: row.standing, label, added_at })
}
