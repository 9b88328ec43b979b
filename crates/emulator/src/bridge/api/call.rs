//! An API call's parameters.

use serde_json::Value;

use crate::bridge::error::{BridgeError, Outcome};
use crate::bridge::model::{DEFAULT, check_name};
use crate::rpc::RpcCall;

/// Items of a page at most, and when it is not said.
const PAGE: usize = 100;
/// Bytes of a description at most.
const DESCRIPTION: usize = 1024;

/// One call with its parameters.
pub(super) struct Call<'c>(pub(super) &'c RpcCall);

impl Call<'_> {
    /// A parameter; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.param(name)
    }

    /// A parameter that must be there.
    pub(super) fn need(&self, name: &str) -> Outcome<&str> {
        self.text(name).ok_or_else(|| BridgeError::missing(name))
    }

    /// A name that must be there.
    pub(super) fn name(&self, parameter: &str) -> Outcome<String> {
        let name = self.need(parameter)?;
        check_name(parameter, name)?;
        Ok(name.to_owned())
    }

    /// A description, if there is one.
    pub(super) fn description(&self) -> Outcome<Option<String>> {
        let text = self.text("Description");
        if text.is_some_and(|text| text.len() > DESCRIPTION) {
            let why = format!("Description is longer than {DESCRIPTION} bytes.");
            return Err(BridgeError::invalid(why));
        }
        Ok(text.map(str::to_owned))
    }

    /// The bus that is meant.
    pub(super) fn bus(&self) -> &str {
        self.text("EventBusName").unwrap_or(DEFAULT)
    }

    /// A list in JSON; empty when it is not there.
    pub(super) fn list(&self, name: &str) -> Outcome<Vec<Value>> {
        let Some(text) = self.text(name) else {
            return Ok(Vec::new());
        };
        serde_json::from_str(text)
            .map_err(|_| BridgeError::invalid(format!("{name} is not a list in JSON.")))
    }

    /// Cuts a list that is sorted by name to the page that is asked for; also the token of the next one.
    pub(super) fn page<T>(
        &self,
        all: Vec<T>,
        name: impl Fn(&T) -> &str,
    ) -> Outcome<(Vec<T>, String)> {
        let limit = match self.text("Limit") {
            None => PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=PAGE).contains(limit))
                .ok_or_else(|| {
                    BridgeError::invalid(format!("Limit must be a number from 1 to {PAGE}."))
                })?,
        };
        let after = self.text("NextToken").unwrap_or_default();
        let rest = all.into_iter().filter(|one| name(one) > after);
        let mut page: Vec<T> = rest.take(limit + 1).collect();
        let more = page.len() > limit;
        page.truncate(limit);
        let next = page.last().filter(|_| more);
        let next = next.map(|last| name(last).to_owned()).unwrap_or_default();
        Ok((page, next))
    }
}
