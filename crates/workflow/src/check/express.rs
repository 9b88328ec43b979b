//! What a flow of the mode Express cannot have (<https://help.aliyun.com/document_detail/2592915.html>).

use crate::engine::Mode;
use crate::expression::Expr;
use crate::program::{Kind, Language, Pattern, Program, ScopeId, Step, Until};
use crate::{Finding, Findings};

/// Says which steps cannot be in an express flow: those that wait for more than a reply, long waits, and maps whose
/// items are executions of their own.
pub fn express(program: &Program) -> Vec<Finding> {
    unfit(program, crate::program::ROOT).collect()
}

/// Says which steps cannot be in the express executions that a map distributes its items to.
pub(super) fn check(program: &Program, findings: &mut Findings) {
    for step in &program.steps {
        let Kind::Map(fan) = &step.kind else {
            continue;
        };
        let mode = fan.distributed.as_ref().map(|distributed| distributed.mode);
        if mode == Some(Mode::Express) {
            for finding in unfit(program, fan.body) {
                findings.push(finding.with(step.at, "its executions are express ones"));
            }
        }
    }
}

fn unfit(program: &Program, scope: ScopeId) -> impl Iterator<Item = Finding> {
    let inside = move |step: &&Step| program.is_within(step.scope, scope);
    let steps = program.steps.iter().filter(inside);
    steps.filter_map(|step| finding(program.language, step))
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
        Kind::Map(fan) if fan.distributed.is_some() => {
            let said = format!(
                "`{}` is a distributed map, and only standard executions have such",
                step.name
            );
            let hint = "make it a standard flow, or let its items run in its own execution";
            Some(Finding::error(step.at, said).hint(hint))
        }
        Kind::Wait(Until::Seconds(Expr::Literal(seconds))) => {
            let longest = *Mode::Express.wait(language)?.end();
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
