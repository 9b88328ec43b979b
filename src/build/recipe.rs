//! What is to be run for code, as the files beside it say.

use std::fs;
use std::path::{Path, PathBuf};

use installed::Interpreter;
use serde_json::Value as Json;

use super::interpreter::Named;

/// How far above a jar its project may be: `target/app.jar` is one below.
const PROJECT_ABOVE: usize = 3;
/// What the program of a custom runtime is called when no command says it.
const BOOTSTRAP: &str = "bootstrap";

/// A function's code as the manifest has it.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// The folder or file.
    pub path: &'a Path,
    /// `python3.10`, `go1`, `custom.debian12`; `None` when it is not known.
    pub runtime: Option<&'a str>,
    /// What the runtime calls.
    pub handler: Option<&'a str>,
    /// The first word of a custom runtime's command.
    pub command: Option<&'a str>,
    /// A line for the shell that makes all of it, instead of what is found.
    pub line: Option<&'a str>,
}

/// What of the code a recipe depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// These files in its folder; some may be missing.
    Files(&'static [&'static str]),
    /// Everything in its folder but what is made.
    Folder,
    /// Nobody knows.
    Unknown,
}

/// One thing to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// The tool: `pip`, `npm`, `go`, `mvn`; `build` for a line of the manifest.
    pub tool: &'static str,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// Variables beside those of this process.
    pub variables: Vec<(String, String)>,
    /// What it makes; it is not known of a line of the manifest.
    pub made: Option<PathBuf>,
    /// The interpreter that the runtime names.
    pub(super) named: Option<Named>,
    /// The one that is used for it, when it has been looked for.
    pub(super) interpreter: Option<Interpreter>,
    pub(super) input: Input,
    /// How to get the program, when it is missing.
    pub(super) package: &'static str,
}

impl Recipe {
    /// Whether something is missing that it would make.
    pub fn is_missing(&self) -> bool {
        self.made.as_ref().is_some_and(|made| !made.exists())
    }

    /// Whether what it would make seems to be beside the code's own files: packages of Python may be.
    pub fn is_made_elsewhere(&self) -> bool {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names = files.map(|entry| entry.file_name());
        self.tool == "pip" && names.any(|name| name.to_string_lossy().ends_with(".dist-info"))
    }

    /// The command as one would type it.
    pub fn line(&self) -> String {
        match (&self.command[..], self.program()) {
            ([shell, flag, line], _) if shell == "sh" && flag == "-c" => line.clone(),
            ([_, words @ ..], Some(program)) => {
                format!("{} {}", program.display(), words.join(" "))
            }
            (words, _) => words.join(" "),
        }
    }
}

/// What is to be run for the code, in order. Empty when its files ask for nothing.
pub fn find(code: &Code<'_>) -> Vec<Recipe> {
    let folder = if code.path.is_dir() {
        code.path
    } else {
        code.path.parent().map_or(code.path, startable)
    };
    if let Some(line) = code.line {
        return vec![shell("build", line.to_owned(), folder, Input::Unknown)];
    }
    if !code.path.is_dir() {
        return jar(code.path).into_iter().collect();
    }
    let found = [pip(code, folder), node(code, folder), go(code, folder)];
    found.into_iter().flatten().collect()
}

/// A folder as a process can start in it: what is beside the manifest is in the folder without a name, which is this one.
fn startable(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

fn shell(tool: &'static str, line: String, folder: &Path, input: Input) -> Recipe {
    Recipe {
        tool,
        command: vec!["sh".to_owned(), "-c".to_owned(), line],
        folder: folder.to_owned(),
        variables: Vec::new(),
        made: None,
        named: None,
        interpreter: None,
        input,
        package: "",
    }
}

/// The version that the code's runtime names, if it is of this language.
fn named(code: &Code<'_>, language: &str) -> Option<Named> {
    let runtime = code.runtime.filter(|name| name.starts_with(language))?;
    Named::of(runtime)
}

/// Packages of Python in `python`, where the runtimes look for them. Not compiled: what is compiled holds times and the name of a
/// folder that pip makes up, and the same packages would make another zip each time.
fn pip(code: &Code<'_>, folder: &Path) -> Option<Recipe> {
    const WORDS: &str = "-m pip install --no-compile --disable-pip-version-check --no-input --upgrade --requirement requirements.txt --target python";
    if !folder.join("requirements.txt").is_file() {
        return None;
    }
    let words = WORDS.split(' ').map(str::to_owned);
    Some(Recipe {
        tool: "pip",
        command: std::iter::once("python3".to_owned()).chain(words).collect(),
        folder: folder.to_owned(),
        variables: Vec::new(),
        made: Some(folder.join("python")),
        named: named(code, "python"),
        interpreter: None,
        input: Input::Files(&["requirements.txt"]),
        package: "apt install python3-pip",
    })
}

/// Packages of Node in `node_modules`, by the lock file that is there. With a script `build`, that too.
fn node(code: &Code<'_>, folder: &Path) -> Option<Recipe> {
    const INPUT: &[&str] = &[
        "package.json",
        "package-lock.json",
        "npm-shrinkwrap.json",
        "pnpm-lock.yaml",
        "yarn.lock",
    ];
    let text = fs::read_to_string(folder.join("package.json")).ok()?;
    let package: Json = serde_json::from_str(&text).unwrap_or_default();
    let has = |name: &str| folder.join(name).is_file();
    let is_built = package["scripts"]["build"].is_string();
    let needs = package["dependencies"].as_object();
    if !is_built && needs.is_none_or(serde_json::Map::is_empty) {
        return None;
    }
    let manager = Manager::of(&has);
    let (all, alone) = (manager.all, format!("{}{}", manager.all, manager.alone));
    // What builds is mostly not what runs: it goes when it has done its work.
    let line = if is_built {
        format!("{all} && {} run build && {alone}", manager.tool)
    } else {
        alone
    };
    let input = if is_built {
        Input::Folder
    } else {
        Input::Files(INPUT)
    };
    let mut recipe = shell(manager.tool, line, folder, input);
    recipe.made = Some(folder.join("node_modules")).filter(|_| needs.is_some());
    recipe.package = manager.package;
    recipe.named = named(code, "nodejs");
    Some(recipe)
}

/// A manager of Node's packages.
struct Manager {
    tool: &'static str,
    /// Its line for all packages, also those for development.
    all: &'static str,
    /// What it takes for those that run alone.
    alone: &'static str,
    /// How to get it.
    package: &'static str,
}

impl Manager {
    /// The one whose lock file is there.
    fn of(has: &dyn Fn(&str) -> bool) -> Self {
        let (tool, all, alone, package) = if has("pnpm-lock.yaml") {
            let all = "pnpm install --frozen-lockfile";
            ("pnpm", all, " --prod", "npm install --global pnpm")
        } else if has("yarn.lock") {
            let all = "yarn install --frozen-lockfile";
            ("yarn", all, " --production", "npm install --global yarn")
        } else if has("package-lock.json") || has("npm-shrinkwrap.json") {
            let all = "npm ci --no-audit --no-fund";
            ("npm", all, " --omit=dev", "apt install npm")
        } else {
            let all = "npm install --no-audit --no-fund --no-package-lock";
            ("npm", all, " --omit=dev", "apt install npm")
        };
        Self {
            tool,
            all,
            alone,
            package,
        }
    }
}

/// A program of Go for the vendor's machines.
fn go(code: &Code<'_>, folder: &Path) -> Option<Recipe> {
    if !folder.join("go.mod").is_file() {
        return None;
    }
    let own = |word: &str| {
        let name = word.trim_start_matches("/code/").trim_start_matches("./");
        (!name.contains('/') && !name.is_empty()).then(|| name.to_owned())
    };
    let name = match code.runtime {
        Some("go1") => code.handler.and_then(own),
        _ => code.command.and_then(own),
    };
    let name = name.unwrap_or_else(|| BOOTSTRAP.to_owned());
    let usual = [("GOOS", "linux"), ("GOARCH", "amd64"), ("CGO_ENABLED", "0")];
    let words = ["go", "build", "-trimpath", "-o", &name, "."];
    Some(Recipe {
        tool: "go",
        command: words.map(str::to_owned).to_vec(),
        folder: folder.to_owned(),
        variables: usual
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        made: Some(folder.join(name)),
        named: None,
        interpreter: None,
        input: Input::Folder,
        package: "apt install golang-go",
    })
}

/// A jar, by the project that is above it.
fn jar(path: &Path) -> Option<Recipe> {
    if path.extension().is_none_or(|extension| extension != "jar") {
        return None;
    }
    let above = path.ancestors().skip(1).take(PROJECT_ABOVE);
    let mut above = above.map(startable);
    let folder = above.find(|folder| folder.join("pom.xml").is_file())?;
    let words = ["mvn", "--batch-mode", "--quiet", "-DskipTests", "package"];
    Some(Recipe {
        tool: "mvn",
        command: words.map(str::to_owned).to_vec(),
        folder: folder.to_owned(),
        variables: Vec::new(),
        made: Some(path.to_owned()),
        named: None,
        interpreter: None,
        input: Input::Folder,
        package: "apt install maven",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(path: &Path) -> Code<'_> {
        Code {
            path,
            runtime: None,
            handler: None,
            command: None,
            line: None,
        }
    }

    fn lines(code: &Code<'_>) -> Vec<String> {
        find(code).iter().map(Recipe::line).collect()
    }

    #[test]
    fn files_say_what_is_to_be_run() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        assert!(find(&code(folder.path())).is_empty());
        write("package.json", r#"{"name": "x"}"#);
        assert!(find(&code(folder.path())).is_empty());
        write("package.json", r#"{"dependencies": {"a": "1"}}"#);
        write("package-lock.json", "{}");
        write("requirements.txt", "flask");
        let found = find(&code(folder.path()));
        assert_eq!(
            found.iter().map(|recipe| recipe.tool).collect::<Vec<_>>(),
            ["pip", "npm"]
        );
        assert!(found[0].line().starts_with("python3 -m pip install "));
        assert_eq!(found[1].line(), "npm ci --no-audit --no-fund --omit=dev");
        assert!(found.iter().all(Recipe::is_missing));
        fs::create_dir(folder.path().join("python")).unwrap();
        assert!(!find(&code(folder.path()))[0].is_missing());
    }

    #[test]
    fn a_script_that_builds_has_what_it_needs_and_leaves_what_runs() {
        let folder = tempfile::tempdir().unwrap();
        let text = r#"{"scripts": {"build": "tsc"}, "devDependencies": {"typescript": "5"}}"#;
        fs::write(folder.path().join("package.json"), text).unwrap();
        fs::write(folder.path().join("pnpm-lock.yaml"), "").unwrap();
        assert_eq!(
            lines(&code(folder.path())),
            [
                "pnpm install --frozen-lockfile && pnpm run build && pnpm install --frozen-lockfile --prod"
            ]
        );
    }

    #[test]
    fn a_program_of_go_is_called_what_the_function_calls_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("go.mod"), "module x").unwrap();
        let name = |change: &dyn Fn(&mut Code<'_>)| {
            let mut code = code(folder.path());
            change(&mut code);
            let made = find(&code)[0].made.clone().unwrap();
            made.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(name(&|_| {}), "bootstrap");
        assert_eq!(name(&|code| code.command = Some("./server")), "server");
        assert_eq!(name(&|code| code.command = Some("/code/server")), "server");
        assert_eq!(
            name(&|code| (code.runtime, code.handler) = (Some("go1"), Some("main"))),
            "main"
        );
    }

    #[test]
    fn a_jar_is_made_by_the_project_above_it() {
        let folder = tempfile::tempdir().unwrap();
        let jar = folder.path().join("target/app.jar");
        assert!(find(&code(&jar)).is_empty());
        fs::write(folder.path().join("pom.xml"), "").unwrap();
        let found = find(&code(&jar));
        assert_eq!((found[0].tool, &*found[0].folder), ("mvn", folder.path()));
        assert!(found[0].is_missing());
    }

    #[test]
    fn a_line_of_the_manifest_is_all() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("requirements.txt"), "flask").unwrap();
        let mut code = code(folder.path());
        code.line = Some("make all");
        assert_eq!(lines(&code), ["make all"]);
    }
}
