//! Random flows against a plain interpreter: whatever is killed and in whatever order the world replies, an execution
//! ends as reading the flow step by step says, and each result of a task is recorded once.

mod machine;
mod plain;
mod runner;
mod shapes;
mod tree;
mod write;

use proptest::prelude::*;
use workflow::Language;

use self::runner::Run;

fn check(language: Language, nodes: &[tree::Node], choices: &[u8]) -> Result<(), TestCaseError> {
    let text = write::flow(language, nodes);
    let (program, findings) = workflow::read(&text);
    let program = program.ok_or_else(|| TestCaseError::fail(format!("{findings:?}\n{text}")))?;
    let input = tree::input();
    let wanted = plain::ends(language, nodes, &input);
    let run = Run::of(&program, input, choices);
    let found = wanted.iter().find(|end| end.result == run.result);
    let Some(end) = found else {
        let said = format!("{:?} is none of {wanted:?}\n{text}", run.result);
        return Err(TestCaseError::fail(said));
    };
    run.each_call_ended_once()?;
    if let (Some(log), [_]) = (&end.log, &wanted[..]) {
        let mut log = log.clone();
        log.sort();
        prop_assert_eq!(log, run.results(), "{}", text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn flows_of_the_first_language_end_as_they_read(
        nodes in tree::sequence(3),
        choices in proptest::collection::vec(0_u8..8, 0..60),
    ) {
        check(Language::First, &nodes, &choices)?;
    }

    #[test]
    fn flows_of_the_second_language_end_as_they_read(
        nodes in tree::sequence(3),
        choices in proptest::collection::vec(0_u8..8, 0..60),
    ) {
        check(Language::Second, &nodes, &choices)?;
    }

    #[test]
    fn machines_end_as_they_read(
        nodes in tree::sequence(3),
        choices in proptest::collection::vec(0_u8..8, 0..60),
    ) {
        check(Language::States, &nodes, &choices)?;
    }
}
