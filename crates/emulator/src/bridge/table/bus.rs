//! Rows of buses.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::bridge::model::{Bus, DEFAULT};

type Rows<T> = rusqlite::Result<T>;

/// Keeps a new bus; whether there was none of its name.
pub(in crate::bridge) fn create(db: &Connection, bus: &Bus) -> Rows<bool> {
    if bus.name == DEFAULT {
        return Ok(false);
    }
    let sql =
        "INSERT OR IGNORE INTO bridge_bus (name, description, created_ms) VALUES (?1, ?2, ?3)";
    let values = params![bus.name, bus.description, bus.created_ms];
    Ok(db.prepare_cached(sql)?.execute(values)? == 1)
}

/// A bus by its name. The default one is as old as time.
pub(in crate::bridge) fn find(db: &Connection, name: &str) -> Rows<Option<Bus>> {
    if name == DEFAULT {
        return Ok(Some(default()));
    }
    let sql = "SELECT name, description, created_ms FROM bridge_bus WHERE name = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row([name], read).optional()
}

/// All buses by name.
pub(in crate::bridge) fn all(db: &Connection) -> Rows<Vec<Bus>> {
    let mut statement =
        db.prepare_cached("SELECT name, description, created_ms FROM bridge_bus")?;
    let own = statement.query_map([], read)?;
    let mut all: Vec<Bus> = own.chain([Ok(default())]).collect::<Rows<_>>()?;
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// Changes what a bus of the user's own says of itself.
pub(in crate::bridge) fn describe(db: &Connection, name: &str, description: &str) -> Rows<()> {
    let sql = "UPDATE bridge_bus SET description = ?2 WHERE name = ?1";
    db.prepare_cached(sql)?.execute([name, description])?;
    Ok(())
}

/// Deletes a bus with its rules; whether it was there.
pub(in crate::bridge) fn delete(db: &Connection, name: &str) -> Rows<bool> {
    let mut rules = db.prepare_cached("DELETE FROM bridge_rule WHERE bus = ?1")?;
    let mut bus = db.prepare_cached("DELETE FROM bridge_bus WHERE name = ?1")?;
    rules.execute([name])?;
    Ok(bus.execute([name])? == 1)
}

fn default() -> Bus {
    Bus {
        name: DEFAULT.to_owned(),
        description: String::new(),
        created_ms: 0,
    }
}

fn read(row: &Row<'_>) -> Rows<Bus> {
    Ok(Bus {
        name: row.get(0)?,
        description: row.get(1)?,
        created_ms: row.get(2)?,
    })
}
