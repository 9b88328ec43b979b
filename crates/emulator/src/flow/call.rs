//! An API call's parameters.

use serde_json::{Value, json};
use workflow::engine::INPUT;

use super::error::{FlowError, Outcome};
use crate::rpc::RpcCall;

/// The longest name of a flow, execution, alias or schedule.
const NAME: usize = 128;

/// One call with its parameters.
pub(super) struct Call<'c>(pub(super) &'c RpcCall);

/// A part of a list.
pub(super) struct Page {
    /// Begins after this one.
    pub(super) after: Option<String>,
    /// How many at most.
    pub(super) limit: usize,
}

impl Call<'_> {
    /// A parameter; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.param(name)
    }

    /// A parameter that must be there.
    pub(super) fn need(&self, name: &str) -> Outcome<String> {
        self.text(name)
            .map(str::to_owned)
            .ok_or_else(|| FlowError::missing(name))
    }

    /// A name that must be there: letters, digits, `_` and `-`, and no digit first.
    pub(super) fn name(&self, parameter: &str) -> Outcome<String> {
        let name = self.need(parameter)?;
        check_name(parameter, &name)?;
        Ok(name)
    }

    /// A text of bounded length, empty when absent.
    pub(super) fn words(&self, name: &str, most: usize) -> Outcome<String> {
        let text = self.text(name).unwrap_or_default();
        if text.len() > most {
            return Err(FlowError::invalid(format!(
                "{name} is longer than {most} bytes."
            )));
        }
        Ok(text.to_owned())
    }

    /// A parameter that is a JSON text, or nothing.
    pub(super) fn json(&self, name: &str) -> Outcome<Option<Value>> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let value = serde_json::from_str(text);
        value
            .map(Some)
            .map_err(|error| FlowError::invalid(format!("{name} is not JSON: {error}.")))
    }

    /// What executions begin with, as it was sent and as it is: a JSON text of bounded length, an empty map when absent.
    pub(super) fn input(&self, name: &str) -> Outcome<(String, Value)> {
        let value = self.json(name)?.unwrap_or_else(|| json!({}));
        let text = self.text(name).unwrap_or("{}").to_owned();
        if text.len() > INPUT {
            return Err(FlowError::invalid(format!(
                "{name} is longer than {INPUT} bytes."
            )));
        }
        Ok((text, value))
    }

    /// A number within bounds, or what counts when it is absent.
    pub(super) fn number(
        &self,
        name: &str,
        otherwise: u64,
        (least, most): (u64, u64),
    ) -> Outcome<u64> {
        let Some(text) = self.text(name) else {
            return Ok(otherwise);
        };
        let number = text
            .parse()
            .ok()
            .filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            FlowError::invalid(format!("{name} must be a number from {least} to {most}."))
        })
    }

    /// `true` or `false`, or nothing.
    pub(super) fn flag(&self, name: &str) -> Outcome<Option<bool>> {
        match self.text(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(FlowError::invalid(format!("{name} must be true or false."))),
        }
    }

    /// Which part of a list is asked for.
    pub(super) fn page(&self, otherwise: u64, most: u64) -> Outcome<Page> {
        let limit = self.number("Limit", otherwise, (1, most))?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(Page {
            after: self.text("NextToken").map(str::to_owned),
            limit,
        })
    }
}

/// Whether something may be called so.
pub(super) fn check_name(parameter: &str, name: &str) -> Outcome<()> {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let fits = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if begins && fits && name.len() <= NAME {
        return Ok(());
    }
    let said = format!(
        "{parameter} {name:?} must begin with a letter or _, go on with letters, digits, _ and -, and have at most {NAME} characters."
    );
    Err(FlowError::invalid(said))
}

impl Page {
    /// Cuts a sorted list of all that there is to this page; also the token of the next one.
    pub(super) fn cut<T>(&self, all: Vec<T>, name: impl Fn(&T) -> String) -> (Vec<T>, String) {
        let is_here = |one: &T| self.after.as_ref().is_none_or(|after| &name(one) > after);
        let mut page: Vec<T> = all
            .into_iter()
            .filter(is_here)
            .take(self.limit + 1)
            .collect();
        let more = page.len() > self.limit;
        page.truncate(self.limit);
        let next = page.last().filter(|_| more).map(name).unwrap_or_default();
        (page, next)
    }
}
