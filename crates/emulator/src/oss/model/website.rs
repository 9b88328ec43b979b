//! Website hosting of a bucket: which object answers which path.

use wire::xml::Element;

/// A bucket's website as its configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::oss) struct Website {
    index: Option<String>,
    /// What a path without a trailing slash means when no object is called so; `None` without sub-directories.
    subdir: Option<Missing>,
    /// The error page's key and the status it is sent with.
    pub(in crate::oss) error: Option<(String, u16)>,
}

/// What to try when no object has the key that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oss) enum Missing {
    /// Redirect to the path with a slash if there is an index under it.
    Redirect,
    /// The error page.
    Error,
    /// The index under the path, without redirecting.
    Index,
}

/// Why a configuration is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oss) enum WebsiteError {
    Malformed,
    Invalid(&'static str),
    RoutingRules,
}

impl Website {
    /// Reads a `WebsiteConfiguration`. Routing rules are not served and therefore refused.
    pub(in crate::oss) fn parse(document: &str) -> Result<Self, WebsiteError> {
        let root = Element::parse(document).ok_or(WebsiteError::Malformed)?;
        if root.name != "WebsiteConfiguration" {
            return Err(WebsiteError::Malformed);
        }
        if root
            .child("RoutingRules")
            .is_some_and(|rules| !rules.children.is_empty())
        {
            return Err(WebsiteError::RoutingRules);
        }
        let index = root.child("IndexDocument");
        let suffix = index.and_then(|index| index.text_of("Suffix"));
        if index.is_some()
            && !suffix.is_some_and(|suffix| !suffix.is_empty() && !suffix.contains('/'))
        {
            return Err(WebsiteError::Invalid(
                "IndexDocument.Suffix must be a name without a slash",
            ));
        }
        let error = root
            .child("ErrorDocument")
            .map(error_document)
            .transpose()?;
        if index.is_none() && error.is_none() {
            return Err(WebsiteError::Invalid(
                "an index document or an error document is needed",
            ));
        }
        Ok(Self {
            index: suffix.map(str::to_owned),
            subdir: index.map(sub_directories).transpose()?.flatten(),
            error,
        })
    }

    /// The key that a path asks for in the first place; `None` when the path can only be an error.
    pub(in crate::oss) fn key(&self, path: &str) -> Option<String> {
        let key = path.strip_prefix('/').unwrap_or(path);
        if !key.is_empty() && !key.ends_with('/') {
            return Some(key.to_owned());
        }
        let index = self.index.as_deref()?;
        Some(match self.subdir {
            Some(_) => format!("{key}{index}"),
            None => index.to_owned(),
        })
    }

    /// What to try when that object is missing, and the index's key for it.
    pub(in crate::oss) fn missing(&self, path: &str) -> Option<(Missing, String)> {
        let key = path.strip_prefix('/').unwrap_or(path);
        let index = self.index.as_deref()?;
        let subdir = self
            .subdir
            .filter(|_| !key.is_empty() && !key.ends_with('/'))?;
        Some((subdir, format!("{key}/{index}")))
    }
}

fn error_document(element: &Element) -> Result<(String, u16), WebsiteError> {
    let key = element.text_of("Key").unwrap_or_default();
    if key.is_empty() {
        return Err(WebsiteError::Invalid(
            "ErrorDocument.Key must name an object",
        ));
    }
    match element.text_of("HttpStatus").map_or("404", str::trim) {
        "404" | "" => Ok((key.to_owned(), 404)),
        "200" => Ok((key.to_owned(), 200)),
        _ => Err(WebsiteError::Invalid(
            "ErrorDocument.HttpStatus must be 200 or 404",
        )),
    }
}

fn sub_directories(index: &Element) -> Result<Option<Missing>, WebsiteError> {
    let kind = match index.text_of("Type").map_or("0", str::trim) {
        "0" | "" => Missing::Redirect,
        "1" => Missing::Error,
        "2" => Missing::Index,
        _ => {
            return Err(WebsiteError::Invalid(
                "IndexDocument.Type must be 0, 1 or 2",
            ));
        }
    };
    match index.text_of("SupportSubDir").map_or("false", str::trim) {
        "true" => Ok(Some(kind)),
        "false" | "" => Ok(None),
        _ => Err(WebsiteError::Invalid(
            "IndexDocument.SupportSubDir must be true or false",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn website(index: &str) -> Website {
        let text = format!(
            "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix>{index}</IndexDocument>\
             <ErrorDocument><Key>404.html</Key></ErrorDocument></WebsiteConfiguration>"
        );
        Website::parse(&text).unwrap()
    }

    #[test]
    fn folders_ask_for_an_index() {
        let flat = website("");
        let deep = website("<SupportSubDir>true</SupportSubDir>");
        for (path, flat_key, deep_key) in [
            ("/", "index.html", "index.html"),
            ("/docs/", "index.html", "docs/index.html"),
            ("/a.css", "a.css", "a.css"),
        ] {
            assert_eq!(flat.key(path).as_deref(), Some(flat_key));
            assert_eq!(deep.key(path).as_deref(), Some(deep_key));
        }
        assert_eq!(flat.error, Some(("404.html".to_owned(), 404)));
    }

    #[test]
    fn a_missing_key_means_what_the_type_says() {
        for (kind, expected) in [
            ("0", Missing::Redirect),
            ("1", Missing::Error),
            ("2", Missing::Index),
        ] {
            let site = website(&format!(
                "<SupportSubDir>true</SupportSubDir><Type>{kind}</Type>"
            ));
            assert_eq!(
                site.missing("/docs"),
                Some((expected, "docs/index.html".to_owned()))
            );
            assert_eq!(site.missing("/docs/"), None);
        }
        assert_eq!(website("<Type>2</Type>").missing("/docs"), None);
    }

    #[test]
    fn what_cannot_be_served_is_refused() {
        let rules = "<WebsiteConfiguration><RoutingRules><RoutingRule/></RoutingRules></WebsiteConfiguration>";
        assert_eq!(Website::parse(rules), Err(WebsiteError::RoutingRules));
        assert_eq!(Website::parse("<x/>"), Err(WebsiteError::Malformed));
        let empty = Website::parse("<WebsiteConfiguration></WebsiteConfiguration>");
        assert!(matches!(empty, Err(WebsiteError::Invalid(_))));
    }
}
