//! What the READMEs of templates tell: a new project has nothing doubtful, and the outputs that its README asks for are there.

use crate::support::Sandbox;

/// The names behind `sdev output` in a text.
fn outputs(readme: &str) -> Vec<String> {
    let asked = readme.split("sdev output ").skip(1);
    let is_part = |c: &char| c.is_ascii_alphanumeric() || "._-".contains(*c);
    asked
        .map(|rest| rest.chars().take_while(is_part).collect())
        .filter(|name: &String| !name.is_empty())
        .collect()
}

#[test]
fn every_template_deploys_without_a_warning_and_has_the_outputs_of_its_readme() {
    let sandbox = Sandbox::new().with_cloud();
    for template in std::fs::read_dir("templates").unwrap().flatten() {
        let id = template.file_name().into_string().unwrap();
        sandbox.run(&format!("init {id} {id}")).code(0);
        let run = |line: &str| {
            let mut command = sandbox.command(&line.split(' ').collect::<Vec<_>>());
            command.current_dir(sandbox.work().join(&id));
            // Secrets that the README has set first.
            for name in ["web", "mobile"] {
                command.env(format!("SDEV_SECRET_bff_{name}"), "a key of enough signs");
            }
            sandbox.run_command(command).code(0)
        };
        let said = run("deploy -y").stderr;
        // What has to be built first is told, and told in the README.
        let is_built = said.contains("SD0217");
        let warnings = said.matches("warning[").count();
        assert_eq!(warnings, usize::from(is_built), "{id}: {said}");
        let readme = sandbox.work().join(&id).join("README.md");
        let readme = std::fs::read_to_string(readme).unwrap();
        assert_eq!(is_built, readme.contains("sdev build"), "{id}");
        for output in outputs(&readme) {
            assert_ne!(run(&format!("output {output}")).stdout.trim(), "", "{id}");
        }
    }
}
