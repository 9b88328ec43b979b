//! Pages of lists.

use wire::xml::Document;

use crate::body::Reply;
use crate::mns::call::Page;
use crate::mns::model::mark;
use crate::mns::reply;

impl Page {
    /// How many rows must be read to know whether there are more.
    pub(super) fn rows(&self) -> usize {
        self.limit + 1
    }

    /// The reply with this part of a list, of which there may be one row too many.
    pub(super) fn reply<T>(
        &self,
        root: &'static str,
        mut items: Vec<T>,
        name: impl Fn(&T) -> &str,
        write: impl FnMut(Document, &T) -> Document,
    ) -> Reply {
        let more = items.len() > self.limit;
        items.truncate(self.limit);
        let last = items.last().filter(|_| more);
        let next = last.map(|last| mark(name(last)));
        let document = reply::document(root).each(&items, write);
        let document = document.optional("NextMarker", next.as_deref());
        reply::xml(http::StatusCode::OK, document)
    }
}
