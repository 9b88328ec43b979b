//! All codes, each with its fixed summary and its page in `docs/errors/`.

use std::fmt;

/// A stable number for one kind of trouble. `SD01xx` manifest, `02` components, `03` files, `04` credentials,
/// `05` state, `06` plan, `07` provider, `08` local cloud, `09` templates, `10` command line,
/// `11` actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16, &'static str);

impl Code {
    /// The fixed phrase that heads its diagnostics.
    pub fn summary(self) -> &'static str {
        self.1
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SD{:04}", self.0)
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

macro_rules! codes {
    ($($name:ident = $number:literal, $summary:literal;)*) => {
        /// The codes by name.
        pub mod code {
            use super::Code;
            $(#[doc = $summary] pub const $name: Code = Code($number, $summary);)*
            /// Every code, in order.
            pub const ALL: &[Code] = &[$($name),*];
        }
    };
}

codes! {
    MANIFEST_MISSING = 101, "manifest not found";
    MANIFEST_UNREADABLE = 102, "manifest cannot be read";
    YAML_SYNTAX = 103, "the file is not valid YAML";
    DUPLICATE_KEY = 104, "a key appears twice";
    WRONG_EDITION = 105, "this edition is not supported";
    MISSING_KEY = 106, "a required key is missing";
    WRONG_TYPE = 107, "a value has the wrong type";
    UNKNOWN_COMPONENT = 108, "unknown component";
    EXPRESSION_SYNTAX = 109, "an expression cannot be read";
    EXPRESSION_UNKNOWN = 110, "an expression refers to nothing";
    EXPRESSION_CYCLE = 111, "expressions refer to each other in a circle";
    ENV_UNSET = 112, "an environment variable is not set";
    UNKNOWN_RESOURCE = 113, "a reference names no resource";
    NOT_SUPPORTED_YET = 114, "this is not supported yet";
    BAD_RESOURCE_NAME = 115, "a resource name cannot be used";
    MANIFEST_LIMIT = 116, "the manifest exceeds a limit";
    YAML_TAG = 117, "a YAML tag cannot be used";
    NUMBER_ROUNDED = 118, "a number loses digits";
    UNKNOWN_KEY = 119, "a key has no meaning here";
    CREDENTIAL_FIELD = 120, "a credential field is not known";
    FILE_ARGUMENT = 121, "a file named in an expression cannot be used";
    TEXT_INVALID = 122, "a text cannot be parsed";
    VALUE_IN_TEXT = 123, "a map or a list stands inside a text";
    SECRET_NEEDED = 125, "a secret's text is needed where it is not read";
    UNKNOWN_SETTING = 126, "a key under `sdev` is not known";
    BAD_SETTING = 127, "a setting under `sdev` cannot be used";
    POLICY_BROKEN = 128, "the manifest breaks a policy";
    BAD_MOVE = 129, "a move does not fit the manifest";
    UNKNOWN_TEMPLATE = 130, "a template does not exist";
    UNUSED_TEMPLATE = 131, "a template is used by no resource";
    BASE_FILE = 132, "the base file cannot be used";
    ENVIRONMENT = 133, "the environment cannot be used";
    FLOW = 134, "the flow cannot be followed";
    ACTION = 135, "an action cannot be used";
    ENV_FILE = 136, "a .env file cannot be read";
    TRIGGER_LOOP = 140, "a function would call itself without end";
    NO_EFFECT = 141, "a property has no effect here";
    RUNTIME_UNKNOWN = 142, "what runs the code is not known";
    RUNTIME_ABSENT = 143, "what runs a function is not on this machine";
    UNKNOWN_PROPERTY = 201, "unknown property";
    BAD_PROPERTY = 202, "a property has an unusable value";
    UNKNOWN_OUTPUT = 203, "a component has no such output";
    RESOURCE_CYCLE = 204, "resources depend on each other in a circle";
    BAD_BUCKET_NAME = 205, "a bucket name breaks the naming rules";
    CODE_MISSING = 210, "the code of a function does not exist";
    CODE_UNREADABLE = 211, "the code of a function cannot be packed";
    CODE_LINK = 212, "a link leads out of the code of a function";
    CODE_TOO_LARGE = 213, "the code of a function is too large";
    CODE_NO_ARCHIVE = 214, "the code of a function is no zip";
    CODE_EMPTY = 215, "the code of a function is empty";
    BUILD_FAILED = 216, "the code of a function cannot be built";
    BUILD_NEEDED = 217, "what the code of a function needs is not there";
    CODE_UNSAFE = 218, "a zip of code must not be unpacked";
    BUILD_OTHER_VERSION = 219, "packages are made by another version than runs them";
    WORKFLOW_BROKEN = 220, "a workflow cannot run";
    WORKFLOW_DOUBTFUL = 221, "a workflow may not do what is meant";
    DEFINITION_MISSING = 222, "the definition of a workflow does not exist";
    DEFINITION_UNREADABLE = 223, "the definition of a workflow cannot be read";
    SOURCE_MISSING = 301, "a folder or file of the site does not exist";
    SOURCE_UNREADABLE = 302, "a source file cannot be read";
    SYMLINK_LOOP = 303, "a symbolic link leads back to itself";
    FILE_CHANGED = 304, "a file changed while it was uploaded";
    CREDENTIAL_MISSING = 401, "no credentials for this access";
    CREDENTIAL_FILE = 402, "the credential file cannot be used";
    SECRET_MISSING = 403, "a secret is not known";
    SECRETS_CLOSED = 404, "the secrets cannot be opened";
    SECRETS_FILE = 405, "the secrets file cannot be used";
    SECRETS_EXPOSED = 406, "a key can be read by others";
    STATE_LOCKED = 501, "the state is locked";
    STATE_FORMAT = 502, "the state file cannot be used";
    STATE_IO = 503, "the state cannot be stored";
    STATE_ACCOUNT = 504, "the state belongs to another account";
    STATE_ELSEWHERE = 505, "the state lies in another place";
    STATE_SHARED = 506, "the shared state cannot be used";
    STATE_TAKEN = 507, "another run took the state over";
    MOVE_TAKEN = 508, "both names of a move are in use";
    OTHER_MANIFEST = 509, "what another manifest deployed would go";
    PLAN_STALE = 601, "the plan was made from another state";
    ALREADY_EXISTS = 602, "it exists already and is not this project's";
    NO_PROVIDER = 603, "no provider serves this kind";
    SAME_THING = 604, "two resources are the same thing";
    OUTSIDE = 606, "this run leaves out a resource that it needs";
    UNCONFIRMED = 607, "the plan came to delete what was not confirmed";
    PROTECTED = 608, "a protected resource would go";
    PLAN_LIMIT = 609, "the plan breaks a policy";
    API_DENIED = 701, "the cloud refused the credentials";
    API_FAILED = 702, "the cloud answered with an error";
    API_UNREACHABLE = 703, "the cloud cannot be reached";
    API_CONFLICT = 704, "the cloud reports a conflict";
    INTERRUPTED = 705, "interrupted before everything was done";
    FUNCTION_MISSING = 720, "there is no such function or workflow";
    SET_BACK = 721, "a deploy sets this back";
    TRIGGER_MISSING = 722, "there is no such trigger";
    FUNCTION_UNSTARTED = 723, "the code of a function does not start";
    LOCAL_START = 801, "the local cloud cannot start";
    LOCAL_DOWN = 802, "the local cloud does not run";
    PORT_TAKEN = 803, "the port is taken";
    LOCAL_REFUSED = 804, "the local cloud refused the call";
    TEMPLATE = 901, "the template cannot be used";
    USAGE = 1001, "the command cannot be used like this";
    NO_TERMINAL = 1002, "a confirmation is needed and there is no terminal";
    MACHINE = 1003, "the machine refused an operation";
    REWRITE = 1004, "the file cannot be rewritten without changing its meaning";
    NOT_MIGRATED = 1005, "a part of the old file has no counterpart";
    TEST_FILE = 1006, "a file of tests cannot be read";
    TEST_STAGE = 1007, "an application cannot be tested";
    ACTION_FAILED = 1101, "an action failed";
    ACTION_FOLDER = 1102, "an action's folder does not exist";
    ACTION_OUTPUT = 1103, "an action needs an output that is not known";
    ACTION_TIME = 1104, "an action took too long";
    ACTION_START = 1105, "an action cannot be started";
    PLUGIN_MISSING = 1106, "a plugin is not found";
    PLUGIN_FAILED = 1107, "a plugin failed";
    PLUGIN_REPLY = 1108, "a plugin broke the protocol";
}

#[cfg(test)]
mod tests {
    use super::code::ALL;

    #[test]
    fn codes_are_unique_and_ordered() {
        assert!(ALL.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
