//! What expressions can ask of this machine, and the texts of secrets for the calls that need them.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::local;
use super::printer::Printer;
use crate::credential::{self, Credential, LOCAL};
use crate::diagnostic::{Diagnostic, code};
use crate::manifest::Environment;
use crate::secret::{Ask, Secret, SecretError, Secrets, Store, Vault};
use crate::sys::env;
use crate::sys::terminal::Terminal;

/// How closely a command looks at secrets while it reads a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Not at all: each counts as there. For what only shows or removes.
    Away,
    /// Whether each is there.
    Exists,
    /// At its fingerprint.
    Fingerprint,
}

/// This machine, with the keys of one alias and the secrets of one environment.
pub(super) struct Machine {
    alias: Option<String>,
    credential: OnceLock<Option<Credential>>,
    variables: Mutex<BTreeMap<String, Secret>>,
    /// What was found of each source: a manifest may name one a thousand times.
    seen: Mutex<BTreeMap<String, Result<Option<String>, Diagnostic>>>,
    vault: Vault,
    look: Look,
}

impl Machine {
    /// The machine, with the keys of this alias and the secrets of this environment.
    pub(super) fn new(
        alias: Option<String>,
        environment: &str,
        (look, printer): (Look, Printer),
    ) -> Self {
        let ask = move |why| ask(why, printer);
        Self {
            alias,
            credential: OnceLock::new(),
            variables: Mutex::default(),
            seen: Mutex::default(),
            vault: Vault::new(Store::at_home(), environment, Box::new(ask)),
            look,
        }
    }

    fn credential(&self) -> Option<&Credential> {
        self.credential.get_or_init(|| self.find()).as_ref()
    }

    fn find(&self) -> Option<Credential> {
        if self.alias.as_deref() == Some(LOCAL) {
            let keys = local::Keys::stored().ok()?;
            let keys = local::running()
                .ok()
                .flatten()
                .map_or(keys, |(_, keys)| keys);
            return Some(Credential {
                alias: LOCAL.to_owned(),
                account_id: Some(keys.account_id),
                key_id: keys.key_id,
                key_secret: keys.secret,
                security_token: None,
                region: Some(keys.region),
            });
        }
        credential::find(self.alias.as_deref()).ok()
    }

    /// Takes note of variables that the project's own files set.
    pub(super) fn learn(&self, variables: &[(String, String)]) {
        let mut known = self
            .variables
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (name, value) in variables {
            known.insert(name.clone(), Secret::new(value.as_str()));
        }
    }

    /// A variable: of the process, else of the project's files.
    fn variable(&self, name: &str) -> Option<Secret> {
        let known = self
            .variables
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let own = env::var(name).map(Secret::new);
        own.or_else(|| known.get(name).cloned())
    }

    /// A field of the keys that is secret.
    fn field(&self, key: &str) -> Option<Secret> {
        let found = self.credential()?;
        match key {
            "AccessKeySecret" => Some(found.key_secret.clone()),
            "SecurityToken" => found.security_token.clone(),
            _ => None,
        }
    }

    /// The text at a source; `None`: there is none.
    fn look_up(&self, source: &str) -> Result<Option<Secret>, SecretError> {
        match source.split_once(':') {
            Some(("secret", name)) => match self.vault.text(name) {
                Err(SecretError::Missing(_)) => Ok(None),
                found => found.map(Some),
            },
            Some(("env", name)) => Ok(self.variable(name)),
            Some(("config", field)) => Ok(self.field(field)),
            _ => Ok(None),
        }
    }

    fn has(&self, source: &str) -> Result<bool, SecretError> {
        match source.strip_prefix("secret:") {
            Some(name) => self.vault.has(name),
            None => self.look_up(source).map(|found| found.is_some()),
        }
    }

    /// The fingerprint of the secret at a source, as far as this looks; `None`: there is none.
    fn look_at(&self, source: &str) -> Result<Option<String>, Diagnostic> {
        if self.look == Look::Away {
            return Ok(Some(String::new()));
        }
        match self.has(source) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            // In a manifest it is no mistake of the command.
            Err(error @ SecretError::Name(_)) => {
                return Err(Diagnostic::error(code::SECRET_MISSING, error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        if self.look == Look::Exists {
            return Ok(Some(String::new()));
        }
        let text = Secrets::text(self, source)?;
        Ok(Some(self.vault.fingerprint(source, text.reveal())?))
    }
}

impl Environment for Machine {
    fn var(&self, name: &str) -> Option<String> {
        env::var(name)
    }

    fn credential(&self, key: &str) -> Option<String> {
        let found = self.credential()?;
        match key {
            "AccountID" => found.account_id.clone(),
            "AccessKeyID" => Some(found.key_id.clone()),
            _ => None,
        }
    }

    fn secret(&self, source: &str) -> Result<Option<String>, Diagnostic> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = seen.get(source) {
            return found.clone();
        }
        let found = self.look_at(source);
        seen.insert(source.to_owned(), found.clone());
        found
    }

    fn fingerprint(&self, source: &str, text: &str) -> Result<String, Diagnostic> {
        match self.look {
            Look::Fingerprint => Ok(self.vault.fingerprint(source, text)?),
            Look::Away | Look::Exists => Ok(String::new()),
        }
    }
}

impl Secrets for Machine {
    fn text(&self, source: &str) -> Result<Secret, Diagnostic> {
        self.look_up(source)?
            .ok_or_else(|| match source.strip_prefix("secret:") {
                Some(name) => SecretError::Missing(name.to_owned()).into(),
                None => Diagnostic::error(code::SECRET_MISSING, format!("`{source}` is not set")),
            })
    }

    fn fingerprint(&self, source: &str, text: &str) -> Result<Option<String>, Diagnostic> {
        if self.look == Look::Away {
            return Ok(None);
        }
        Ok(self.vault.fingerprint(source, text).map(Some)?)
    }
}

/// Asks for the passphrase of the secrets, a new one twice.
pub(super) fn ask(why: Ask, printer: Printer) -> Option<Secret> {
    // A question in a terminal that nobody looks at would wait forever.
    if printer.json || !std::io::stderr().is_terminal() {
        return None;
    }
    let mut terminal = Terminal::open()?;
    match why {
        Ask::Existing => hidden(&mut terminal, "passphrase of the secrets: "),
        Ask::New => loop {
            let first = hidden(&mut terminal, "new passphrase for the secrets: ")?;
            let again = hidden(&mut terminal, "the same once more: ")?;
            if first == again {
                return Some(first);
            }
            terminal.say("they differ");
        },
    }
}

/// A typed secret.
pub(super) fn hidden(terminal: &mut Terminal, question: &str) -> Option<Secret> {
    terminal
        .hidden(question)
        .map(|text| Secret::new(text.as_str()))
}
