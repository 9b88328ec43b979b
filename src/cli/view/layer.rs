//! Layers in words.

use serde_json::{Value as Json, json};

use super::super::printer::Printer;
use super::table;

const HEAD: [&str; 5] = ["LAYER", "VERSION", "RUNTIMES", "OPEN TO", "DESCRIPTION"];

/// All layers.
pub(in crate::cli) fn all(printer: Printer, layers: &Json) {
    if printer.json {
        return printer.object("layers", json!({ "layers": layers }));
    }
    if layers.as_array().is_none_or(Vec::is_empty) {
        return printer.say("There is no layer.");
    }
    rows(printer, layers);
}

/// All versions of a layer.
pub(in crate::cli) fn versions(printer: Printer, layer: &str, versions: &Json) {
    if printer.json {
        let fields = json!({ "layer": layer, "versions": versions });
        return printer.object("layer_versions", fields);
    }
    rows(printer, versions);
}

/// One version.
pub(in crate::cli) fn version(printer: Printer, version: &Json) {
    if printer.json {
        return printer.object("layer_version", json!({ "layer": version }));
    }
    for (label, field) in [
        ("arn", "layerVersionArn"),
        ("created", "createTime"),
        ("license", "license"),
        ("checksum", "codeChecksum"),
    ] {
        let word = version[field].as_str().unwrap_or_default();
        if !word.is_empty() {
            printer.data(&format!("{label:8}  {}", super::text::plain(word)));
        }
    }
    if let Some(size) = version["codeSize"].as_u64() {
        printer.data(&format!("{:8}  {}", "size", super::text::size(size)));
    }
    table::show(printer, HEAD, &[row(version)]);
}

/// A version that was published.
pub(in crate::cli) fn published(printer: Printer, version: &Json) {
    if printer.json {
        return printer.object("layer_published", json!({ "published": version }));
    }
    let name = version["layerName"].as_str().unwrap_or_default();
    let number = &version["version"];
    printer.say(&format!("Published version {number} of layer {name}."));
    printer.data(version["layerVersionArn"].as_str().unwrap_or_default());
}

/// A zip that was fetched.
pub(in crate::cli) fn downloaded(printer: Printer, done: &Json) {
    if printer.json {
        return printer.object("layer_downloaded", done.clone());
    }
    let size = done["size"].as_u64().unwrap_or_default();
    printer.say(&format!("Fetched {}.", super::text::size(size)));
    printer.data(done["file"].as_str().unwrap_or_default());
}

/// Who may use a layer from now on.
pub(in crate::cli) fn opened(printer: Printer, done: &Json) {
    if printer.json {
        let fields = json!({ "layer": done["layerName"], "public": done["public"] });
        return printer.object("layer_acl", fields);
    }
    let name = done["layerName"].as_str().unwrap_or_default();
    printer.say(&if done["public"] == true {
        format!("Everybody may use layer {name}.")
    } else {
        format!("Only this account may use layer {name}.")
    });
}

/// A version that was removed.
pub(in crate::cli) fn removed(printer: Printer, (layer, version): (&str, &str)) {
    if printer.json {
        let fields = json!({ "layer": layer, "what": "layer version", "name": version });
        return printer.object("removed", fields);
    }
    printer.say(&format!("Removed version {version} of layer {layer}."));
}

fn rows(printer: Printer, layers: &Json) {
    let layers = layers.as_array().map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<[String; 5]> = layers.iter().map(row).collect();
    table::show(printer, HEAD, &rows);
}

fn row(layer: &Json) -> [String; 5] {
    let word = |name: &str| layer[name].as_str().unwrap_or_default().to_owned();
    let runtimes = layer["compatibleRuntime"].as_array().into_iter().flatten();
    let runtimes: Vec<&str> = runtimes.filter_map(Json::as_str).collect();
    let opened = if word("acl") == "1" {
        "everybody"
    } else {
        "this account"
    };
    [
        word("layerName"),
        layer["version"].to_string(),
        runtimes.join(", "),
        opened.to_owned(),
        word("description"),
    ]
}
