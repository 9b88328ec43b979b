//! Items from the object storage.

use std::io::Read as _;

use serde_json::{Map, Value};
use workflow::Format;
use workflow::engine::ITEMS;

use super::csv;
use crate::oss::Oss;

/// Bytes of an object with items at most.
const LARGEST: u64 = 64 << 20;

/// Reads the items at a place: one more than may be at most. The error is in words.
pub(super) async fn items(oss: &Oss, format: &Format, place: &Value) -> Result<Vec<Value>, String> {
    let bucket = text(place, "Bucket").ok_or("the parameter Bucket is missing")?;
    if *format == Format::Objects {
        let prefix = text(place, "Prefix").unwrap_or_default();
        return oss.all(bucket, prefix, ITEMS + 1).await;
    }
    let key = text(place, "ObjectName").or_else(|| text(place, "Key"));
    let key = key.ok_or("the parameter ObjectName is missing")?;
    let told = |why: String| format!("object {key} of bucket {bucket}: {why}");
    let bytes = oss.fetch(bucket, key, LARGEST).await.map_err(told)?;
    let read = match format {
        Format::Objects => Vec::new(),
        Format::Csv { headers, delimiter } => {
            table(&bytes, headers.as_deref(), *delimiter).map_err(told)?
        }
        Format::Json => serde_json::from_slice(&bytes)
            .map_err(|error| told(format!("it is no JSON list: {error}")))?,
        Format::JsonLines => lines(&bytes).map_err(told)?,
        Format::Inventory => inventory(oss, bucket, &bytes).await.map_err(told)?,
    };
    Ok(read.into_iter().take(ITEMS + 1).collect())
}

fn text<'v>(place: &'v Value, name: &str) -> Option<&'v str> {
    place[name].as_str().filter(|text| !text.is_empty())
}

/// The rows of a table, as maps from its columns to what stands there. What a row lacks is empty.
fn table(bytes: &[u8], headers: Option<&[String]>, delimiter: char) -> Result<Vec<Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows = csv::rows(text, delimiter)?.into_iter();
    let names = match headers {
        Some(names) => names.to_vec(),
        None => rows.next().unwrap_or_default(),
    };
    let row = |cells: Vec<String>| {
        let mut cells = cells.into_iter();
        let cell = |name: &String| (name.clone(), Value::from(cells.next().unwrap_or_default()));
        Value::Object(names.iter().map(cell).collect::<Map<_, _>>())
    };
    Ok(rows.map(row).collect())
}

fn lines(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let filled = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let read = |(number, line): (usize, &[u8])| {
        serde_json::from_slice(line)
            .map_err(|error| format!("its line {} is no JSON: {error}", number + 1))
    };
    filled.map(read).collect()
}

/// What the files of an inventory list, by the columns that its manifest names.
async fn inventory(oss: &Oss, bucket: &str, manifest: &[u8]) -> Result<Vec<Value>, String> {
    let manifest: Value = serde_json::from_slice(manifest)
        .map_err(|error| format!("it is no manifest of an inventory: {error}"))?;
    let schema = manifest["fileSchema"].as_str();
    let schema = schema.ok_or("it is no manifest of an inventory: it has no fileSchema")?;
    let columns: Vec<String> = schema
        .split(',')
        .map(|name| name.trim().to_owned())
        .collect();
    let bucket = match manifest["destinationBucket"].as_str() {
        Some(name) if !name.is_empty() => name,
        _ => bucket,
    };
    let mut items = Vec::new();
    for file in manifest["files"].as_array().into_iter().flatten() {
        let key = file["key"].as_str().ok_or("one of its files has no key")?;
        let told = |why: String| format!("its file {key}: {why}");
        let bytes = oss.fetch(bucket, key, LARGEST).await.map_err(told)?;
        let bytes = unpacked(&bytes).map_err(told)?;
        items.extend(table(&bytes, Some(&columns), ',').map_err(told)?);
        if items.len() > ITEMS {
            break;
        }
    }
    Ok(items)
}

/// A file that may be packed by gzip.
fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.to_vec());
    }
    let mut plain = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(bytes).take(LARGEST + 1);
    let read = reader.read_to_end(&mut plain);
    read.map_err(|error| format!("it cannot be unpacked: {error}"))?;
    if plain.len() as u64 > LARGEST {
        return Err(format!("it is larger than {} MB", LARGEST >> 20));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_maps_of_their_columns() {
        let given = ["n".to_owned(), "who".to_owned()];
        let read = table("\u{feff}n,who\r\n1,\"a, b\"\r\n2\r\n".as_bytes(), None, ',');
        let wanted = json!([{"n": "1", "who": "a, b"}, {"n": "2", "who": ""}]);
        assert_eq!(Value::from(read.unwrap()), wanted);
        let read = table(b"1|x\n", Some(&given), '|').unwrap();
        assert_eq!(read, [json!({"n": "1", "who": "x"})]);
        assert!(table(&[0xff], None, ',').is_err());
    }

    #[test]
    fn lines_that_are_no_json_are_told_by_their_number() {
        assert_eq!(lines(b"1\n\n{}\n").unwrap(), [json!(1), json!({})]);
        let error = lines(b"1\n\nx\n").unwrap_err();
        assert!(error.starts_with("its line 3 is no JSON"), "{error}");
    }

    #[test]
    fn files_of_an_inventory_may_be_packed() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"b,k\n").unwrap();
        assert_eq!(unpacked(&packed.finish().unwrap()).unwrap(), b"b,k\n");
        assert_eq!(unpacked(b"b,k\n").unwrap(), b"b,k\n");
        assert!(unpacked(&[0x1f, 0x8b, 0]).is_err());
    }
}
