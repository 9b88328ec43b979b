//! The texts of secrets, for the length of an apply.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, code};
use crate::plan::Plan;
use crate::provider::{Progress, ProviderError};
use crate::resource::SecretRef;
use crate::secret::{Mask, Secret, Secrets};

/// The texts of all secrets that a plan sends, by source, and the mask that hides them.
#[derive(Debug, Default)]
pub(super) struct Texts {
    by_source: BTreeMap<String, Secret>,
    mask: Mask,
}

impl Texts {
    /// Looks all of them up, before anything is changed. They must be those that the plan was made with.
    pub(super) fn look_up(plan: &Plan, secrets: &dyn Secrets) -> Result<Self, Diagnostic> {
        let mut texts = Self::default();
        let resources = plan.steps.iter().filter_map(|step| step.resource.as_ref());
        for secret in resources.flat_map(crate::resource::Resource::secrets) {
            if !texts.by_source.contains_key(&secret.source) {
                let text = secrets.text(&secret.source)?;
                check(secret, &text, secrets)?;
                texts.by_source.insert(secret.source.clone(), text);
            }
        }
        texts.mask = Mask::new(texts.by_source.values());
        Ok(texts)
    }

    /// The text as it is used.
    pub(super) fn shaped(&self, secret: &SecretRef) -> String {
        let text = self.by_source.get(&secret.source);
        secret.shape(
            text.expect("the texts of a plan are looked up before it begins")
                .reveal(),
        )
    }

    /// A failure without the texts.
    pub(super) fn hide_in_error(&self, error: ProviderError) -> ProviderError {
        error.masked(&self.mask)
    }

    /// A piece of progress whose words are without the texts.
    pub(super) fn hide_in_progress(&self, progress: Progress) -> Progress {
        match progress {
            Progress::Note(text) => Progress::Note(self.mask.hide(&text).into_owned()),
            other => other,
        }
    }
}

fn check(secret: &SecretRef, text: &Secret, secrets: &dyn Secrets) -> Result<(), Diagnostic> {
    let now = secrets.fingerprint(&secret.source, text.reveal())?;
    if now.is_some_and(|now| now != secret.digest) {
        let detail = format!("`{}` changed since the plan was made", secret.source);
        return Err(Diagnostic::error(code::PLAN_STALE, detail).hint("plan again"));
    }
    Ok(())
}
