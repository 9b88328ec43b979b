//! XML as the dialects use it: elements with text or children, no attributes that matter.

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesRef, Event};

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 32;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// One element with all it holds. Prefixes of names are cut off, attributes are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Its own text, entities resolved, nothing trimmed.
    pub text: String,
    /// Child elements in order.
    pub children: Vec<Element>,
}

/// Whether XML 1.0 can carry all characters of a text: no control characters but tab, line feed and carriage return, and not
/// U+FFFE or U+FFFF.
pub fn can_hold(text: &str) -> bool {
    text.chars().all(|c| c == '\r' || is_plain(c))
}

impl Element {
    /// Reads a document's root element; `None` when it is not well-formed or nested absurdly deep.
    pub fn parse(document: &str) -> Option<Self> {
        let mut reader = Reader::from_str(document);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push(Self::named(start.local_name().into_inner())),
                Event::Empty(start) => {
                    let empty = Self::named(start.local_name().into_inner());
                    open.last_mut()?.children.push(empty);
                }
                Event::End(_) => {
                    let closed = open.pop()?;
                    open.last_mut()?.children.push(closed);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content()),
                Event::GeneralRef(name) => open.last_mut()?.text.push(resolve(&name)?),
                Event::Eof => break,
                _ => {}
            }
            if open.len() > MAX_DEPTH {
                return None;
            }
        }
        let [mut outer] = <[Self; 1]>::try_from(open).ok()?;
        (outer.children.len() == 1).then(|| outer.children.remove(0))
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of this name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of this name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

/// A document being written. Elements must be closed in order; [`Document::finish`] closes what is open.
#[derive(Clone, Debug)]
pub struct Document {
    text: String,
    open: Vec<&'static str>,
}

impl Document {
    /// Starts a document with its root element.
    pub fn new(root: &'static str) -> Self {
        let document = Self {
            text: DECLARATION.to_owned(),
            open: Vec::new(),
        };
        document.open(root)
    }

    /// Starts a document with its root element in a namespace, which must need no escaping.
    pub fn within(namespace: &str, root: &'static str) -> Self {
        let mut text = DECLARATION.to_owned();
        text.extend(["<", root, " xmlns=\"", namespace, "\">"]);
        Self {
            text,
            open: vec![root],
        }
    }

    /// The document whose root is this element.
    pub fn of(root: &Element) -> String {
        let document = Self {
            text: DECLARATION.to_owned(),
            open: Vec::new(),
        };
        document.element(root).finish()
    }

    /// Opens an element.
    #[must_use]
    pub fn open(mut self, name: &'static str) -> Self {
        self.text.extend(["<", name, ">"]);
        self.open.push(name);
        self
    }

    /// Closes the element opened last.
    #[must_use]
    pub fn close(mut self) -> Self {
        if let Some(name) = self.open.pop() {
            self.text.extend(["</", name, ">"]);
        }
        self
    }

    /// Writes a line feed, for readers that want a text before an element.
    #[must_use]
    pub fn blank(mut self) -> Self {
        self.text.push('\n');
        self
    }

    /// Writes an element with text. Characters that XML cannot hold become U+FFFD.
    #[must_use]
    pub fn leaf(mut self, name: &str, text: &str) -> Self {
        self.text.extend(["<", name, ">"]);
        push_escaped(&mut self.text, text);
        self.text.extend(["</", name, ">"]);
        self
    }

    /// Writes an element with text if there is one.
    #[must_use]
    pub fn optional(self, name: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.leaf(name, text),
            None => self,
        }
    }

    /// Copies an element with all it holds.
    #[must_use]
    pub fn element(mut self, element: &Element) -> Self {
        push_element(&mut self.text, element);
        self
    }

    /// Lets `write` add one part per item.
    #[must_use]
    pub fn each<T>(
        self,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(Self, T) -> Self,
    ) -> Self {
        items.into_iter().fold(self, write)
    }

    /// The whole document.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self = self.close();
        }
        self.text
    }
}

fn push_element(text: &mut String, element: &Element) {
    text.extend(["<", &element.name, ">"]);
    if element.children.is_empty() {
        push_escaped(text, &element.text);
    }
    for child in &element.children {
        push_element(text, child);
    }
    text.extend(["</", &element.name, ">"]);
}

/// Whether a character stands in XML as it is or by a named entity.
fn is_plain(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
}

fn push_escaped(text: &mut String, raw: &str) {
    if raw.chars().all(is_plain) {
        text.push_str(&escape(raw));
        return;
    }
    for character in raw.chars() {
        match character {
            // A bare carriage return would be read back as a line feed.
            '\r' => text.push_str("&#13;"),
            character if is_plain(character) => text.push_str(&escape(character.to_string())),
            _ => text.push('\u{FFFD}'),
        }
    }
}

fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    if let Some(character) = reference.resolve_char_ref().ok()? {
        return Some(character);
    }
    match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_written_document_reads_back() {
        let text = Document::new("Delete")
            .leaf("Quiet", "true")
            .each(["a<&>\"'b", "x\ry\n "], |document, key| {
                document.open("Object").leaf("Key", key).close()
            })
            .optional("Nothing", None)
            .finish();
        let root = Element::parse(&text).unwrap();
        assert_eq!(
            (root.name.as_str(), root.text_of("Quiet")),
            ("Delete", Some("true"))
        );
        let keys: Vec<_> = root
            .all("Object")
            .filter_map(|object| object.text_of("Key"))
            .collect();
        assert_eq!(keys, ["a<&>\"'b", "x\ry\n "]);
        assert_eq!(
            Element::parse(&Document::new("Outer").element(&root).finish())
                .unwrap()
                .children,
            [root]
        );
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
        for text in [
            "",
            "plain",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&nope;</a>",
            &deep,
        ] {
            assert_eq!(Element::parse(text), None, "{text:.20}");
        }
    }

    #[test]
    fn what_cannot_be_carried_is_known() {
        assert!(can_hold("a\r\n\t é\u{7f}\u{fffd}\u{10ffff}"));
        for text in ["a\0", "\u{1b}[2J", "\u{b}", "\u{fffe}", "\u{ffff}"] {
            assert!(!can_hold(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "(<[/!?]?[a-c]?>?|&#?[x0-9a]*;?|.){0,30}") {
            let _ = Element::parse(&text);
        }

        #[test]
        fn any_printable_text_survives(value in "[ -\u{d7ff}\u{10000}-\u{10ffff}\r\n\t]*") {
            let root = Element::parse(&Document::new("a").leaf("b", &value).finish()).unwrap();
            prop_assert_eq!(root.text_of("b"), Some(value.as_str()));
        }
    }
}
