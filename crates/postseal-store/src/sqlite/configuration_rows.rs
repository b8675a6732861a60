use postseal_core::dkim::{Canonicalization, Selector};
use postseal_core::hosting::{
    Conclusion, KeyId, Life, Rotation, SelectorSlot, SigningConfiguration, Slot, UnseenKey,
};

use super::{Connection, from_sql, to_sql};
use crate::StoreError;

pub(super) const BAD: StoreError = StoreError::BadRow { what: "signing configuration" };

pub(super) type Properties = (String, String, String, bool, String, u32, Option<i64>, i64);
type SlotColumns = (
    (i64, String, i64, u32, i64, String, Option<i64>),
    (Option<String>, Option<i64>, Option<i64>, Option<i64>, Option<i64>),
);

/// Reads the configuration of a domain.
pub(super) async fn load(
    connection: &mut Connection,
    domain_id: i64,
) -> Result<Option<SigningConfiguration>, StoreError> {
    let properties: Option<Properties> = sqlx::query_as(
        "SELECT admin_display_name, header_canonicalization, body_canonicalization, enabled, unseen_key, key_bits,
         rotation_began_at, switched_at FROM signing_configuration WHERE domain_id = ?",
    )
    .bind(domain_id)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(properties) = properties else { return Ok(None) };
    let slots = [load_slot(connection, domain_id, 1).await?, load_slot(connection, domain_id, 2).await?];
    read(properties, slots).map(Some)
}

pub(super) fn read(
    properties: Properties,
    slots: [SelectorSlot; 2],
) -> Result<SigningConfiguration, StoreError> {
    let (name, header, body, enabled, unseen_key, key_bits, began_at, switched_at) = properties;
    if slots.iter().filter(|slot| slot.life == Life::Signing).count() != 1 {
        return Err(BAD);
    }
    Ok(SigningConfiguration {
        admin_display_name: name,
        header_canonicalization: canonicalization(&header)?,
        body_canonicalization: canonicalization(&body)?,
        enabled,
        unseen_key: match unseen_key.as_str() {
            "sign" => UnseenKey::Sign,
            "defer" => UnseenKey::Defer,
            _ => return Err(BAD),
        },
        key_bits,
        slots,
        rotation: began_at.map(|at| Rotation { began_at: from_sql(at) }),
        switched_at: from_sql(switched_at),
    })
}

async fn load_slot(
    connection: &mut Connection,
    domain_id: i64,
    slot: i64,
) -> Result<SelectorSlot, StoreError> {
    let row = sqlx::query(
        "SELECT s.slot, s.name, s.key_id, k.bits, k.made_at, s.life, s.life_until, s.last, s.last_at, s.visible_since,
         s.first_no_at, s.lost_since FROM selector s JOIN signing_key k ON k.id = s.key_id
         WHERE s.domain_id = ? AND s.slot = ?",
    )
    .bind(domain_id)
    .bind(slot)
    .fetch_optional(connection)
    .await?
    .ok_or(BAD)?;
    read_slot(&row)
}

/// Reads a selector from the columns of [`load_slot`], in that order.
pub(super) fn read_slot(row: &sqlx::sqlite::SqliteRow) -> Result<SelectorSlot, StoreError> {
    let ((_, name, key, bits, made_at, life, until), (last, last_at, visible, first_no, lost)) =
        columns(row)?;
    let until = until.map(from_sql);
    let life = match (life.as_str(), until) {
        ("standby", None) => Life::Standby,
        ("signing", None) => Life::Signing,
        ("retiring", Some(until)) => Life::Retiring { until },
        ("revoked", Some(until)) => Life::Revoked { until },
        _ => return Err(BAD),
    };
    let last = match (last.as_deref().map(Conclusion::from_token), last_at) {
        (Some(Some(conclusion)), Some(at)) => Some((conclusion, from_sql(at))),
        (None, None) => None,
        _ => return Err(BAD),
    };
    Ok(SelectorSlot {
        name: Selector::parse(&name).map_err(|_| BAD)?,
        key: KeyId(key),
        bits,
        key_made_at: from_sql(made_at),
        life,
        last,
        visible_since: visible.map(from_sql),
        first_no_at: first_no.map(from_sql),
        lost_since: lost.map(from_sql),
    })
}

fn columns(row: &sqlx::sqlite::SqliteRow) -> Result<SlotColumns, StoreError> {
    use sqlx::Row as _;
    Ok((
        (
            row.try_get(0)?,
            row.try_get(1)?,
            row.try_get(2)?,
            row.try_get(3)?,
            row.try_get(4)?,
            row.try_get(5)?,
            row.try_get(6)?,
        ),
        (row.try_get(7)?, row.try_get(8)?, row.try_get(9)?, row.try_get(10)?, row.try_get(11)?),
    ))
}

fn canonicalization(token: &str) -> Result<Canonicalization, StoreError> {
    [Canonicalization::Simple, Canonicalization::Relaxed].into_iter().find(|c| c.as_str() == token).ok_or(BAD)
}

/// Writes the configuration of a domain, whole.
pub(super) async fn save(
    connection: &mut Connection,
    domain_id: i64,
    configuration: &SigningConfiguration,
) -> Result<(), StoreError> {
    let unseen_key = match configuration.unseen_key {
        UnseenKey::Sign => "sign",
        UnseenKey::Defer => "defer",
    };
    sqlx::query(
        "INSERT INTO signing_configuration (domain_id, admin_display_name, header_canonicalization,
         body_canonicalization, enabled, unseen_key, key_bits, rotation_began_at, switched_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (domain_id) DO UPDATE SET admin_display_name = excluded.admin_display_name,
         header_canonicalization = excluded.header_canonicalization,
         body_canonicalization = excluded.body_canonicalization, enabled = excluded.enabled,
         unseen_key = excluded.unseen_key, key_bits = excluded.key_bits,
         rotation_began_at = excluded.rotation_began_at, switched_at = excluded.switched_at",
    )
    .bind(domain_id)
    .bind(&configuration.admin_display_name)
    .bind(configuration.header_canonicalization.as_str())
    .bind(configuration.body_canonicalization.as_str())
    .bind(configuration.enabled)
    .bind(unseen_key)
    .bind(configuration.key_bits)
    .bind(configuration.rotation.map(|rotation| to_sql(rotation.began_at)))
    .bind(to_sql(configuration.switched_at))
    .execute(&mut *connection)
    .await?;
    // Written anew: of two rows that change places, neither may be "signing" beside the other.
    sqlx::query("DELETE FROM selector WHERE domain_id = ?").bind(domain_id).execute(&mut *connection).await?;
    for slot in Slot::BOTH {
        save_slot(connection, domain_id, slot, configuration.slot(slot)).await?;
    }
    Ok(())
}

async fn save_slot(
    connection: &mut Connection,
    domain_id: i64,
    slot: Slot,
    state: &SelectorSlot,
) -> Result<(), StoreError> {
    let (life, until) = match state.life {
        Life::Standby => ("standby", None),
        Life::Signing => ("signing", None),
        Life::Retiring { until } => ("retiring", Some(until)),
        Life::Revoked { until } => ("revoked", Some(until)),
    };
    sqlx::query(
        "INSERT INTO selector (domain_id, slot, name, key_id, life, life_until, last, last_at, visible_since,
         first_no_at, lost_since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(domain_id)
    .bind(slot.number())
    .bind(state.name.as_str())
    .bind(state.key.0)
    .bind(life)
    .bind(until.map(to_sql))
    .bind(state.last.map(|(conclusion, _)| conclusion.token()))
    .bind(state.last.map(|(_, at)| to_sql(at)))
    .bind(state.visible_since.map(to_sql))
    .bind(state.first_no_at.map(to_sql))
    .bind(state.lost_since.map(to_sql))
    .execute(connection)
    .await?;
    Ok(())
}
