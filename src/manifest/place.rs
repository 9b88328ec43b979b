//! From the parser's character counts to byte offsets.

/// One remembered offset for this many characters.
const STRIDE: usize = 64;

/// The byte offsets of a text's characters: free for ASCII, a short walk otherwise.
pub(super) struct Places<'t> {
    text: &'t str,
    marks: Option<Vec<usize>>,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let marks = (!text.is_ascii()).then(|| {
            let offsets = text.char_indices().map(|(byte, _)| byte);
            offsets.step_by(STRIDE).collect()
        });
        Self { text, marks }
    }

    /// The byte at which character `index` starts; the text's size when it has fewer.
    pub(super) fn byte(&self, index: usize) -> usize {
        let Some(marks) = &self.marks else {
            return index.min(self.text.len());
        };
        let Some(&mark) = marks.get(index / STRIDE) else {
            return self.text.len();
        };
        let mut rest = self.text[mark..].char_indices();
        rest.nth(index % STRIDE)
            .map_or(self.text.len(), |(byte, _)| mark + byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_found() {
        let text = "aé漢😀".repeat(50);
        let places = Places::new(&text);
        for (index, (byte, _)) in text.char_indices().enumerate() {
            assert_eq!(places.byte(index), byte);
        }
        assert_eq!(places.byte(200), text.len());
        assert_eq!(places.byte(9999), text.len());
        assert_eq!(Places::new("abc").byte(2), 2);
    }
}
