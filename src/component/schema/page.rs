//! The tables as a reference page in Markdown.

use std::fmt::Write;

use super::kind::{Case, Kind, Prop, Schema, Strictness};

/// The reference page of a component.
pub fn page(schema: &'static Schema) -> String {
    let mut page = Page {
        text: format!("# Component `{}`\n\n{}\n", schema.name, schema.about),
        later: Vec::new(),
    };
    if schema.strictness == Strictness::Vendor {
        if !crate::component::is_deployed(schema.name) {
            page.line(
                "\nIt can be checked, previewed and planned; deploying it is not possible yet.",
            );
        }
        page.line("\nNames and values that are not on this page are warnings, because the vendor may know more.");
    }
    page.line(&format!("\nSource: {}.\n\n## Properties\n", schema.source));
    page.table(schema.props, "");
    for case in schema.cases {
        page.case(case, "");
    }
    while let Some((title, kind)) = page.later.pop() {
        page.line(&format!("\n## `{title}`\n"));
        page.kind(kind, &title);
    }
    if !schema.renamed.is_empty() {
        page.line("\n## Names from elsewhere\n\n| Name | Here |\n|---|---|");
        for (old, hint) in schema.renamed {
            page.line(&format!("| `{old}` | {hint} |"));
        }
    }
    page.text
}

struct Page {
    text: String,
    /// Maps that get a table of their own, the next one last.
    later: Vec<(String, &'static Kind)>,
}

impl Page {
    fn line(&mut self, line: &str) {
        let written = writeln!(self.text, "{line}");
        debug_assert!(written.is_ok(), "a String takes everything");
    }

    fn table(&mut self, props: &'static [Prop], title: &str) {
        self.line("| Property | Type | Default | What |\n|---|---|---|---|");
        let mut below = Vec::new();
        for prop in props {
            let name = if title.is_empty() {
                prop.name.to_owned()
            } else {
                format!("{title}.{}", prop.name)
            };
            let default = match (prop.required, prop.default) {
                (true, _) => "required",
                (false, Some(text)) => text,
                (false, None) => "",
            };
            let words = prop.kind.words().replace('|', "\\|");
            self.line(&format!(
                "| `{}` | {words} | {default} | {} |",
                prop.name, prop.about
            ));
            if let Some(kind) = prop.kind.map_below() {
                below.push((name, kind));
            }
        }
        below.reverse();
        self.later.extend(below);
    }

    fn case(&mut self, case: &'static Case, title: &str) {
        let values: Vec<String> = case
            .values
            .iter()
            .map(|value| format!("`{value}`"))
            .collect();
        self.line(&format!("\nWith `{}` {}:\n", case.key, values.join(", ")));
        self.table(case.props, title);
    }

    fn kind(&mut self, kind: &'static Kind, title: &str) {
        match kind {
            Kind::Object(props) => self.table(props, title),
            Kind::Cases(props, cases) => {
                self.table(props, title);
                for case in *cases {
                    let values = case.values.join(", ");
                    self.case(case, &format!("{title} ({values})"));
                }
            }
            _ => {}
        }
    }
}

impl Kind {
    /// The map with known keys that this kind is or holds.
    fn map_below(&'static self) -> Option<&'static Self> {
        match self {
            Self::Object(_) | Self::Cases(..) => Some(self),
            Self::List(of) | Self::Map(of) => of.map_below(),
            Self::Either(kinds) => kinds.iter().find_map(Self::map_below),
            _ => None,
        }
    }
}
