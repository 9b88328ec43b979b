//! Rows of domains.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{parsed, text};
use crate::function::model::Domain;

type Rows<T> = rusqlite::Result<T>;

/// A domain by name.
pub(in crate::function) fn find(db: &Connection, name: &str) -> Rows<Option<Domain>> {
    let mut statement = db.prepare_cached("SELECT document FROM fc_domain WHERE name = ?1")?;
    let found = statement.query_row([name], |row| row.get::<_, String>(0));
    found.optional()?.map(|text| parsed(&text)).transpose()
}

/// All domains by name.
pub(in crate::function) fn all(db: &Connection) -> Rows<Vec<Domain>> {
    let mut statement = db.prepare_cached("SELECT document FROM fc_domain ORDER BY name")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    rows.map(|text| parsed(&text?)).collect()
}

/// Writes a domain, new or changed.
pub(in crate::function) fn save(db: &Connection, domain: &Domain) -> Rows<()> {
    db.prepare_cached("INSERT OR REPLACE INTO fc_domain (name, document) VALUES (?1, ?2)")?
        .execute(params![domain.name, text(domain)])?;
    Ok(())
}

/// Deletes a domain.
pub(in crate::function) fn delete(db: &Connection, name: &str) -> Rows<()> {
    db.prepare_cached("DELETE FROM fc_domain WHERE name = ?1")?
        .execute([name])?;
    Ok(())
}
