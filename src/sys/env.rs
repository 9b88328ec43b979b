//! The environment: every variable that sdev reads is listed here.

use std::path::PathBuf;

/// A variable that sdev reads.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
}

macro_rules! variables {
    ($($constant:ident = $name:literal, $about:literal;)*) => {
        $(#[doc = $about] pub const $constant: &str = $name;)*
        /// All of them.
        pub const ALL: &[Variable] = &[$(Variable { name: $name, about: $about }),*];
    };
}

variables! {
    HOME = "SDEV_HOME", "folder for everything kept outside the project (default `~/.sdev`)";
    LOCAL_URL = "SDEV_LOCAL_URL", "address of the local cloud that access `local` means; set by `sdev local run`";
    STATES = "SDEV_STATE", "folder that takes the place of `.sdev` for states of the local cloud; set by `sdev local run`";
    KILL_AT = "SDEV_TEST_KILL_AT", "for crash tests: the process kills itself at this journal entry (from 1)";
    KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID", "access key id, used when no stored access is named";
    KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "access key secret, used when no stored access is named";
    TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN", "security token of temporary credentials";
    ACCOUNT = "ALIBABA_CLOUD_ACCOUNT_ID", "account id that belongs to the access key";
    REGION = "ALIBABA_CLOUD_REGION_ID", "region where a resource does not name one (default `cn-hangzhou`)";
    S_ACCOUNT = "AccountID", "account id in Serverless Devs' own spelling";
    S_KEY_ID = "AccessKeyID", "access key id in Serverless Devs' own spelling";
    S_KEY_SECRET = "AccessKeySecret", "access key secret in Serverless Devs' own spelling";
    S_HOME = "serverless_devs_config_home", "folder that holds Serverless Devs' `.s` (default: the home folder)";
    S_PROJECT = "ALIYUN_DEVS_REMOTE_PROJECT_NAME", "name under which Serverless Devs keeps a project's default environment";
    PASSPHRASE = "SDEV_PASSPHRASE", "passphrase of the stored secrets, where they have one";
    FINGERPRINT_KEY = "SDEV_FINGERPRINT_KEY", "text that secrets' fingerprints are keyed with, the same on all machines that share a state";
    NO_COLOR = "NO_COLOR", "any value turns colours off";
    CI = "CI", "any value turns live progress off";
    USER = "USER", "the name that a state lock shows";
    PATH = "PATH", "where the programs of plugins are looked for";
    HOME_FOLDER = "HOME", "the user's home folder";
}

/// What variables begin with that hold a secret: `SDEV_SECRET_NAME` goes before the stored secret `NAME`.
pub const SECRET_PREFIX: &str = "SDEV_SECRET_";

/// A variable's value, if set and not empty.
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder for everything that sdev keeps outside the project.
pub fn home() -> PathBuf {
    var(HOME).map_or_else(|| user_home().join(".sdev"), PathBuf::from)
}

/// The user's home folder, or the working folder where there is none.
pub fn user_home() -> PathBuf {
    var(HOME_FOLDER).map_or_else(|| PathBuf::from("."), PathBuf::from)
}
