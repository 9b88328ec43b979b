//! The functions of a domain that this cloud carries out: their arguments, read strictly; pure.

use http::{HeaderName, HeaderValue, StatusCode};

use super::path_match::{FileTypes, PathPrefix};

/// One argument of a function, as the API has it: both are text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) value: String,
}

/// What one configured function makes the CDN do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// Content is fresh for some time, whatever the origin says.
    Ttl(TtlRule),
    /// Answers of some status are fresh for some time.
    CodeTtl(CodeTtlRule),
    /// The `Host` that the origin sees.
    RequestHost(HeaderValue),
    /// A change of the answer's headers on the way to the visitor.
    ResponseHeader(HeaderRule),
    /// Visitors who would see this status are sent elsewhere.
    ErrorPage {
        status: StatusCode,
        location: HeaderValue,
    },
    /// Which query arguments tell cached objects apart.
    KeyArguments(KeyArguments),
}

/// Freshness by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TtlRule {
    pub(super) place: Place,
    /// Seconds; 0 means that the origin is asked each time.
    pub(super) ttl: u64,
    /// 1 to 99, the highest of the matching rules wins.
    pub(super) weight: u64,
}

/// Freshness by status, everywhere or in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CodeTtlRule {
    pub(super) place: Place,
    pub(super) codes: Vec<(CodePattern, u64)>,
}

/// Where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Everywhere,
    Types(FileTypes),
    Path(PathPrefix),
}

/// `404` or `4xx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodePattern {
    Exact(u16),
    Class(u16),
}

/// One change of the visitor's headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HeaderRule {
    /// Adds a field beside those of the same name.
    Append(HeaderName, HeaderValue),
    /// Puts the field in the place of any of the same name.
    Set(HeaderName, HeaderValue),
    /// Changes the field where there is one.
    Replace(HeaderName, HeaderValue),
    Remove(HeaderName),
}

/// How query arguments enter the cache key and the way to the origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyArguments {
    pub(super) choice: KeyChoice,
    /// Whether the origin still sees every argument.
    pub(super) origin_sees_all: bool,
}

/// Which arguments count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyChoice {
    Only(Vec<String>),
    AllBut(Vec<String>),
}

/// Why a function cannot be configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RuleError {
    #[error("the local cloud does not carry out the function {function:?}")]
    Unserved { function: String },
    #[error("the function {function:?} needs the argument {argument:?}")]
    Missing {
        function: String,
        argument: &'static str,
    },
    #[error(
        "the value {value:?} of the argument {argument:?} of the function {function:?} is not valid"
    )]
    Invalid {
        function: String,
        argument: String,
        value: String,
    },
    #[error(
        "the local cloud does not carry out the argument {argument:?} of the function {function:?}"
    )]
    UnservedArgument { function: String, argument: String },
}

/// A year of ten; a longer time is a mistake.
const MAX_TTL: u64 = 10 * 366 * 24 * 3600;
/// Statuses for which the vendor takes no time.
const UNTIMED: [u16; 4] = [303, 304, 401, 407];

impl Rule {
    /// Reads a function and its arguments; an argument that would have no effect here is refused, one that is `off` is not.
    pub(super) fn parse(function: &str, arguments: &[Argument]) -> Result<Self, RuleError> {
        let reader = Reader {
            function,
            arguments,
        };
        match function {
            "path_based_ttl_set" => reader.ttl_rule("path"),
            "filetype_based_ttl_set" => reader.ttl_rule("file_type"),
            "default_ttl_code" => reader.code_rule(None, "default_ttl_code"),
            "path_force_ttl_code" => reader.code_rule(Some("path"), "code_string"),
            "filetype_force_ttl_code" => reader.code_rule(Some("file_type"), "code_string"),
            "set_req_host_header" => reader.request_host(),
            "set_resp_header" => reader.response_header(),
            "error_page" => reader.error_page(),
            "set_hashkey_args" => reader.hashkey_arguments(),
            "ali_remove_args" => reader.removed_arguments(),
            _ => Err(RuleError::Unserved {
                function: function.to_owned(),
            }),
        }
    }
}

/// The arguments that make a record of a function another one; the same again replaces the record. `None` when
/// a domain holds only one record of the function.
pub(super) fn identity_arguments(function: &str) -> Option<&'static [&'static str]> {
    match function {
        "path_based_ttl_set" | "path_force_ttl_code" => Some(&["path"]),
        "filetype_based_ttl_set" | "filetype_force_ttl_code" => Some(&["file_type"]),
        "set_resp_header" => Some(&["key", "header_operation_type"]),
        "error_page" => Some(&["error_code"]),
        _ => None,
    }
}

impl CodePattern {
    /// Whether a status is meant.
    pub(super) fn matches(self, status: u16) -> bool {
        match self {
            Self::Exact(code) => code == status,
            Self::Class(class) => class == status / 100,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let [first @ b'1'..=b'5', rest @ ..] = bytes else {
            return None;
        };
        if rest == b"xx" {
            return Some(Self::Class(u16::from(first - b'0')));
        }
        let code = text.parse().ok().filter(|_| bytes.len() == 3)?;
        (!UNTIMED.contains(&code)).then_some(Self::Exact(code))
    }
}

struct Reader<'a> {
    function: &'a str,
    arguments: &'a [Argument],
}

impl<'a> Reader<'a> {
    fn ttl_rule(&self, place: &'static str) -> Result<Rule, RuleError> {
        self.only(&[place, "ttl", "weight"])?;
        Ok(Rule::Ttl(TtlRule {
            place: self.place(place)?,
            ttl: self.number("ttl", self.required("ttl")?, 0..=MAX_TTL)?,
            weight: self
                .optional("weight")
                .map_or(Ok(1), |weight| self.number("weight", weight, 1..=99))?,
        }))
    }

    fn code_rule(
        &self,
        place: Option<&'static str>,
        list: &'static str,
    ) -> Result<Rule, RuleError> {
        self.only(&[place.unwrap_or(list), list])?;
        let text = self.required(list)?;
        let codes: Option<Vec<_>> = text
            .split(',')
            .map(|pair| {
                let (code, ttl) = pair.trim().split_once('=')?;
                let ttl = ttl.parse().ok().filter(|ttl| *ttl <= MAX_TTL)?;
                Some((CodePattern::parse(code)?, ttl))
            })
            .collect();
        Ok(Rule::CodeTtl(CodeTtlRule {
            place: place.map_or(Ok(Place::Everywhere), |name| self.place(name))?,
            codes: codes.ok_or_else(|| self.invalid(list, text))?,
        }))
    }

    fn request_host(&self) -> Result<Rule, RuleError> {
        self.only(&["domain_name"])?;
        self.value("domain_name").map(Rule::RequestHost)
    }

    fn response_header(&self) -> Result<Rule, RuleError> {
        self.only(&["key", "value", "header_operation_type", "duplicate"])?;
        let key = self.required("key")?;
        let name: HeaderName = key.parse().map_err(|_| self.invalid("key", key))?;
        let operation = self.optional("header_operation_type").unwrap_or("add");
        let removes = self.optional("value") == Some("null");
        Ok(Rule::ResponseHeader(match operation {
            "delete" => HeaderRule::Remove(name),
            "add" | "modify" | "rewrite" if removes => HeaderRule::Remove(name),
            "add" if self.is_on("duplicate")? => HeaderRule::Append(name, self.value("value")?),
            "add" | "rewrite" => HeaderRule::Set(name, self.value("value")?),
            "modify" => HeaderRule::Replace(name, self.value("value")?),
            other => return Err(self.invalid("header_operation_type", other)),
        }))
    }

    fn error_page(&self) -> Result<Rule, RuleError> {
        self.only(&["error_code", "rewrite_page"])?;
        let code = self.number("error_code", self.required("error_code")?, 400..=599)?;
        let page = self.required("rewrite_page")?;
        if !page.starts_with("http://") && !page.starts_with("https://") {
            return Err(self.invalid("rewrite_page", page));
        }
        let status = u16::try_from(code)
            .ok()
            .and_then(|code| StatusCode::from_u16(code).ok())
            .ok_or_else(|| self.invalid("error_code", page))?;
        Ok(Rule::ErrorPage {
            status,
            location: self.value("rewrite_page")?,
        })
    }

    fn hashkey_arguments(&self) -> Result<Rule, RuleError> {
        self.only(&["hashkey_args", "disable", "keep_oss_args"])?;
        let text = self.optional("hashkey_args").unwrap_or_default();
        let kept: Vec<String> = words(text);
        if kept.len() > 10 {
            return Err(self.invalid("hashkey_args", text));
        }
        let disable = self.required("disable")?;
        // `disable` on turns the ignoring of arguments on: only the kept ones count. Off keeps the whole query.
        let choice = if self.flag("disable", disable)? {
            KeyChoice::Only(kept)
        } else {
            KeyChoice::AllBut(Vec::new())
        };
        Ok(Rule::KeyArguments(KeyArguments {
            choice,
            origin_sees_all: self.is_on("keep_oss_args")?,
        }))
    }

    fn removed_arguments(&self) -> Result<Rule, RuleError> {
        self.only(&["ali_remove_args", "keep_oss_args"])?;
        let removed = words(self.required("ali_remove_args")?);
        Ok(Rule::KeyArguments(KeyArguments {
            choice: KeyChoice::AllBut(removed),
            origin_sees_all: self.is_on("keep_oss_args")?,
        }))
    }

    fn place(&self, name: &'static str) -> Result<Place, RuleError> {
        let text = self.required(name)?;
        let place = match name {
            "path" => PathPrefix::parse(text).map(Place::Path),
            _ => FileTypes::parse(text).map(Place::Types),
        };
        place.ok_or_else(|| self.invalid(name, text))
    }

    fn value(&self, name: &'static str) -> Result<HeaderValue, RuleError> {
        let text = self.required(name)?;
        HeaderValue::from_str(text).map_err(|_| self.invalid(name, text))
    }

    fn number(
        &self,
        name: &str,
        text: &str,
        allowed: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, RuleError> {
        text.trim()
            .parse()
            .ok()
            .filter(|number| allowed.contains(number))
            .ok_or_else(|| self.invalid(name, text))
    }

    fn is_on(&self, name: &'static str) -> Result<bool, RuleError> {
        self.optional(name)
            .map_or(Ok(false), |text| self.flag(name, text))
    }

    fn flag(&self, name: &'static str, text: &str) -> Result<bool, RuleError> {
        match text {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(self.invalid(name, text)),
        }
    }

    fn required(&self, name: &'static str) -> Result<&'a str, RuleError> {
        self.optional(name).ok_or_else(|| RuleError::Missing {
            function: self.function.to_owned(),
            argument: name,
        })
    }

    fn optional(&self, name: &str) -> Option<&'a str> {
        let found = self
            .arguments
            .iter()
            .find(|argument| argument.name == name)?;
        Some(found.value.as_str()).filter(|value| !value.is_empty())
    }

    fn only(&self, known: &[&str]) -> Result<(), RuleError> {
        let foreign = self.arguments.iter().find(|argument| {
            !known.contains(&argument.name.as_str())
                && !matches!(argument.value.as_str(), "" | "off")
        });
        foreign.map_or(Ok(()), |argument| {
            Err(RuleError::UnservedArgument {
                function: self.function.to_owned(),
                argument: argument.name.clone(),
            })
        })
    }

    fn invalid(&self, argument: &str, value: &str) -> RuleError {
        RuleError::Invalid {
            function: self.function.to_owned(),
            argument: argument.to_owned(),
            value: value.to_owned(),
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split([',', ' '])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arguments(list: &[(&str, &str)]) -> Vec<Argument> {
        list.iter()
            .map(|(name, value)| Argument {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_ttl_rule_has_a_place_a_time_and_a_weight() {
        let given = arguments(&[("path", "/a"), ("ttl", "60"), ("weight", "7")]);
        let Ok(Rule::Ttl(rule)) = Rule::parse("path_based_ttl_set", &given) else {
            panic!("not a rule");
        };
        assert_eq!((rule.ttl, rule.weight), (60, 7));
        let given = arguments(&[("path", "a"), ("ttl", "60")]);
        assert!(matches!(
            Rule::parse("path_based_ttl_set", &given),
            Err(RuleError::Invalid { .. })
        ));
        let given = arguments(&[("path", "/a")]);
        assert!(matches!(
            Rule::parse("path_based_ttl_set", &given),
            Err(RuleError::Missing {
                argument: "ttl",
                ..
            })
        ));
    }

    #[test]
    fn what_would_have_no_effect_is_refused_unless_it_is_off() {
        let base = [("path", "/a"), ("ttl", "60")];
        let with = |value| {
            let mut list = base.to_vec();
            list.push(("swift_no_cache_low", value));
            Rule::parse("path_based_ttl_set", &arguments(&list))
        };
        assert!(with("off").is_ok());
        assert!(matches!(
            with("on"),
            Err(RuleError::UnservedArgument { .. })
        ));
        assert!(matches!(
            Rule::parse("https_force", &[]),
            Err(RuleError::Unserved { .. })
        ));
    }

    #[test]
    fn code_lists_take_codes_and_classes_but_not_the_untimed_ones() {
        let parse = |list| {
            Rule::parse(
                "default_ttl_code",
                &arguments(&[("default_ttl_code", list)]),
            )
        };
        let Ok(Rule::CodeTtl(rule)) = parse("4xx=3, 200=3600") else {
            panic!("not a rule");
        };
        assert!(rule.codes[0].0.matches(404) && !rule.codes[0].0.matches(500));
        assert_eq!(rule.codes[1], (CodePattern::Exact(200), 3600));
        for wrong in ["304=1", "6xx=1", "200", "200=x", "20=1", "2000=1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn header_operations_follow_their_names() {
        let parse = |list: &[(&str, &str)]| Rule::parse("set_resp_header", &arguments(list));
        let base = [("key", "X-A"), ("value", "1")];
        assert!(matches!(
            parse(&base),
            Ok(Rule::ResponseHeader(HeaderRule::Set(..)))
        ));
        let removed = parse(&[("key", "X-A"), ("header_operation_type", "delete")]);
        assert!(matches!(
            removed,
            Ok(Rule::ResponseHeader(HeaderRule::Remove(_)))
        ));
        assert!(parse(&[("key", "X A"), ("value", "1")]).is_err());
        assert!(parse(&[("key", "X-A"), ("value", "a\nb")]).is_err());
    }

    proptest! {
        #[test]
        fn parsing_never_panics(function in "[a-z_]{1,20}", name in "[a-z_]{0,12}", value in ".*") {
            let given = [Argument { name, value }];
            let _ = Rule::parse(&function, &given);
            let _ = Rule::parse("default_ttl_code", &given);
            let _ = Rule::parse("set_resp_header", &given);
        }
    }
}
