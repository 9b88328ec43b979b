//! The vendor's rules for values, by the documentation of its SDK.

use super::config::{Config, NewFunction};
use super::language::language;
use crate::function::error::{FcError, Outcome};
use runtime::Language;

/// Bytes of all environment variables at most.
const ENVIRONMENT: usize = 8 * 1024;

/// Whether a function's name is `[A-Za-z_][A-Za-z0-9_-]{0,63}`.
pub(super) fn is_name(name: &str, most: usize) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.starts_with(first) && name.chars().all(rest) && name.len() <= most
}

impl NewFunction {
    /// The name, checked.
    pub(crate) fn checked_name(&self) -> Outcome<&str> {
        let name = self.function_name.as_deref().unwrap_or_default();
        // Functions of the older edition are called `service$function`.
        let parts: Vec<&str> = name.splitn(2, '$').collect();
        if parts.iter().all(|part| is_name(part, 64)) {
            return Ok(name);
        }
        Err(FcError::invalid(format!(
            "functionName {name:?} must be letters, digits, `_` and `-`, a letter or `_` first, 64 at most"
        )))
    }
}

impl Config {
    /// Checks every value that has a rule; defaults must be filled in.
    pub(crate) fn check(&self) -> Outcome<()> {
        let runtime = self.runtime.as_deref().unwrap_or_default();
        let language = language(runtime)?;
        let handler = self.handler.as_deref().unwrap_or_default();
        let needs_handler = !matches!(language, Language::Custom | Language::Container);
        if needs_handler && handler.is_empty() {
            return Err(FcError::invalid("handler must not be empty"));
        }
        if language == Language::Container
            && self
                .custom_container_config
                .as_ref()
                .is_none_or(|config| config.image.is_empty())
        {
            return Err(FcError::invalid(
                "customContainerConfig.image must not be empty",
            ));
        }
        let image = self.custom_container_config.as_ref().map(|c| &c.image);
        if image.is_some_and(|image| image.trim_start().starts_with('-')) {
            return Err(FcError::invalid(
                "customContainerConfig.image must not begin with `-`",
            ));
        }
        within("timeout", self.timeout, 1, 86_400)?;
        within("memorySize", self.memory_size, 128, 32_768)?;
        within("instanceConcurrency", self.instance_concurrency, 1, 200)?;
        if self.memory_size.is_some_and(|size| size % 64 != 0) {
            return Err(FcError::invalid("memorySize must be a multiple of 64"));
        }
        if !matches!(self.disk_size, None | Some(512 | 10_240)) {
            return Err(FcError::invalid("diskSize must be 512 or 10240"));
        }
        self.check_cpu()?;
        self.check_environment()
    }

    fn check_cpu(&self) -> Outcome<()> {
        let Some(cpu) = self.cpu else { return Ok(()) };
        let steps = cpu / 0.05;
        if !(0.05..=16.0).contains(&cpu) || (steps - steps.round()).abs() > 1e-6 {
            return Err(FcError::invalid(
                "cpu must be from 0.05 to 16 in steps of 0.05",
            ));
        }
        let gigabytes = f64::from(self.memory_size.unwrap_or(512)) / 1024.0;
        let ratio = gigabytes / cpu;
        if (0.999..=4.001).contains(&ratio) {
            return Ok(());
        }
        Err(FcError::invalid(format!(
            "cpu {cpu} and memorySize {} do not fit: a virtual CPU goes with 1 to 4 GB",
            self.memory_size.unwrap_or(512)
        )))
    }

    fn check_environment(&self) -> Outcome<()> {
        let variables = self.environment_variables.iter().flatten();
        let bytes: usize = variables
            .clone()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if bytes > ENVIRONMENT {
            return Err(FcError::invalid(format!(
                "environmentVariables are {bytes} bytes, more than {ENVIRONMENT}"
            )));
        }
        for (name, value) in variables {
            let fits = is_name(name, usize::MAX) && !name.contains('-') && !value.contains('\0');
            if !fits {
                return Err(FcError::invalid(format!(
                    "environmentVariables: {name:?} must be letters, digits and `_`, a letter or `_` first"
                )));
            }
        }
        Ok(())
    }
}

fn within(name: &str, value: Option<u32>, least: u32, most: u32) -> Outcome<()> {
    match value {
        Some(value) if !(least..=most).contains(&value) => Err(FcError::invalid(format!(
            "{name} must be from {least} to {most}, and is {value}"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn check(change: &Json) -> Result<(), String> {
        let mut config = json!({"runtime": "python3.10", "handler": "index.handler"});
        config
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let config: Config = serde_json::from_value(config).unwrap();
        config
            .with_defaults()
            .check()
            .map_err(|error| error.message)
    }

    #[test]
    fn each_rule_names_its_field() {
        for (change, field) in [
            (json!({"runtime": "cobol"}), "runtime"),
            (json!({"handler": ""}), "handler"),
            (json!({"timeout": 0}), "timeout"),
            (json!({"timeout": 86_401}), "timeout"),
            (json!({"memorySize": 100}), "memorySize"),
            (json!({"memorySize": 130}), "memorySize"),
            (json!({"diskSize": 1024}), "diskSize"),
            (json!({"cpu": 0.07}), "cpu"),
            (json!({"cpu": 8, "memorySize": 1024}), "cpu"),
            (json!({"instanceConcurrency": 201}), "instanceConcurrency"),
            (
                json!({"environmentVariables": {"1A": "x"}}),
                "environmentVariables",
            ),
            (
                json!({"runtime": "custom-container"}),
                "customContainerConfig",
            ),
        ] {
            let message = check(&change).unwrap_err();
            assert!(message.contains(field), "{change}: {message}");
        }
        assert_eq!(check(&json!({"memorySize": 3072, "cpu": 2})), Ok(()));
        assert_eq!(check(&json!({"runtime": "custom", "handler": ""})), Ok(()));
    }

    #[test]
    fn names_of_both_editions_are_taken() {
        let check = |name: &str| {
            let new = NewFunction {
                function_name: Some(name.to_owned()),
                ..NewFunction::default()
            };
            new.checked_name().is_ok()
        };
        for name in ["f", "_f-1", "service$function"] {
            assert!(check(name), "{name}");
        }
        for name in ["", "1f", "a b", "a/b", "a.b", &"x".repeat(65)] {
            assert!(!check(name), "{name}");
        }
    }
}
