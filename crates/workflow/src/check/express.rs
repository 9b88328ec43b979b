//! What a flow of the mode Express cannot have (<https://help.aliyun.com/document_detail/2592915.html>).

use crate::Finding;
use crate::engine::Mode;
use crate::expression::Expr;
use crate::program::{Kind, Language, Pattern, Program, Step, Until};

/// Says which steps cannot be in an express flow: those that wait for more than a reply, and long waits.
pub fn express(program: &Program) -> Vec<Finding> {
    let unfit = |step| finding(program.language, step);
    program.steps.iter().filter_map(unfit).collect()
}

fn finding(language: Language, step: &Step) -> Option<Finding> {
    match &step.kind {
        Kind::Task(task) if task.pattern != Pattern::Response => {
            let said = format!(
                "`{}` waits for the end of what it begins, and a task of an express flow waits for the reply only",
                step.name
            );
            let hint = "make it a standard flow, or let the task not wait";
            Some(Finding::error(step.at, said).hint(hint))
        }
        Kind::Wait(Until::Seconds(Expr::Literal(seconds))) => {
            let longest = Mode::Express.longest_wait(language)?;
            seconds.as_f64().filter(|seconds| *seconds > longest)?;
            let said = format!(
                "`{}` waits for {seconds} seconds, and a wait of an express flow takes {longest} at most",
                step.name
            );
            Some(Finding::error(step.at, said).hint("make it a standard flow, or wait less"))
        }
        _ => None,
    }
}
