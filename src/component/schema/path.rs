//! From a path of keys to the property there.

use super::kind::{Kind, Prop, Schema};

/// Where a path leads.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// To the properties of a map: the root, or an object below.
    Props(&'static [Prop]),
    /// To a property.
    Prop(&'static Prop),
    /// To a value of this kind inside a list or a map with free keys.
    Kind(&'static Kind),
}

/// What may stand at `path`, keys from the root of the properties: more than one place where the value of another property
/// decides. Numbers of list items are left out. Empty: nothing that the table knows.
pub fn find(schema: &'static Schema, path: &[&str]) -> Vec<Place> {
    let mut places = vec![Place::Props(schema.props)];
    places.extend(schema.cases.iter().map(|case| Place::Props(case.props)));
    for key in path {
        places = places
            .into_iter()
            .flat_map(|place| below(place, key))
            .collect();
    }
    places
}

fn below(place: Place, key: &str) -> Vec<Place> {
    match place {
        Place::Props(props) => named(props, key).into_iter().collect(),
        Place::Prop(Prop { kind, .. }) | Place::Kind(kind) => below_kind(kind, key),
    }
}

fn below_kind(kind: &'static Kind, key: &str) -> Vec<Place> {
    match kind {
        Kind::List(of) => below_kind(of, key),
        Kind::Map(of) => vec![Place::Kind(of)],
        Kind::Object(props) => named(props, key).into_iter().collect(),
        Kind::Cases(props, cases) => {
            let of_cases = cases.iter().filter_map(|case| named(case.props, key));
            of_cases.chain(named(props, key)).collect()
        }
        Kind::Either(kinds) => kinds
            .iter()
            .flat_map(|kind| below_kind(kind, key))
            .collect(),
        _ => Vec::new(),
    }
}

fn named(props: &'static [Prop], key: &str) -> Option<Place> {
    props.iter().find(|prop| prop.name == key).map(Place::Prop)
}

impl Place {
    /// The properties that may stand in the value there.
    pub fn props(self) -> Vec<&'static Prop> {
        match self {
            Self::Props(props) => props.iter().collect(),
            Self::Prop(Prop { kind, .. }) | Self::Kind(kind) => kind.props(),
        }
    }

    /// What the value there may be.
    pub fn kind(self) -> Option<&'static Kind> {
        match self {
            Self::Props(_) => None,
            Self::Prop(Prop { kind, .. }) | Self::Kind(kind) => Some(kind),
        }
    }
}

impl Kind {
    /// The properties of a map of this kind, in all its cases; of a list, those of its items.
    pub fn props(&'static self) -> Vec<&'static Prop> {
        match self {
            Self::Object(props) => props.iter().collect(),
            Self::Cases(props, cases) => {
                let of_cases = cases.iter().flat_map(|case| case.props);
                props.iter().chain(of_cases).collect()
            }
            Self::List(of) => of.props(),
            Self::Either(kinds) => kinds.iter().flat_map(Self::props).collect(),
            _ => Vec::new(),
        }
    }

    /// The values to choose from, if there are some.
    pub fn values(&self) -> Vec<String> {
        match self {
            Self::OneOf(values) => values.iter().map(ToString::to_string).collect(),
            Self::OneOfInts(values) => values.iter().map(ToString::to_string).collect(),
            Self::Bool => vec!["true".to_owned(), "false".to_owned()],
            Self::List(of) => of.values(),
            Self::Either(kinds) => kinds.iter().flat_map(Self::values).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::schema;

    fn kind_at(path: &[&str]) -> Option<String> {
        Some(find(schema("fc3").unwrap(), path).first()?.kind()?.words())
    }

    #[test]
    fn a_path_leads_through_lists_maps_and_cases() {
        assert_eq!(
            kind_at(&["timeout"]).unwrap(),
            "a whole number from 1 to 86400"
        );
        assert_eq!(kind_at(&["environmentVariables", "X"]).unwrap(), "a text");
        assert_eq!(
            kind_at(&["triggers", "triggerConfig", "cronExpression"]).unwrap(),
            trigger::FORMS
        );
        assert_eq!(kind_at(&["vpcConfig", "vpcId"]).unwrap(), "a text");
        assert_eq!(kind_at(&["timeout", "x"]), None);
        assert_eq!(kind_at(&["none"]), None);
        let triggers = find(schema("fc3").unwrap(), &["triggers"])[0];
        assert!(
            triggers
                .props()
                .iter()
                .any(|prop| prop.name == "triggerType")
        );
    }
}
