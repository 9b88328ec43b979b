//! Whether a manifest keeps the policies that it states.

use super::condition::shown;
use super::model::{Condition, Demand, Own, Policy, Rule};
use super::property::{Found, find};
use super::read::base;
use crate::diagnostic::{Diagnostic, Diagnostics, code};
use crate::manifest::{Block, Manifest, Node};

const ABSENT: &str = ", and is absent";

impl Own {
    /// Reports each property that breaks a policy of this environment.
    pub fn check(&self, manifest: &Manifest, environment: &str, diagnostics: &mut Diagnostics) {
        for policy in self.policies.iter().filter(|p| p.is_for(environment)) {
            for block in &manifest.blocks {
                policy.check(block, diagnostics);
            }
        }
    }
}

impl Policy {
    fn check(&self, block: &Block, diagnostics: &mut Diagnostics) {
        let Rule::Property(demand) = &self.rule else {
            return;
        };
        if !demand.is_for(block) {
            return;
        }
        let must = demand.condition.as_ref().map(Condition::demand);
        let must = must.unwrap_or_else(|| "be there".to_owned());
        for found in find(&block.props, &demand.property) {
            let (at, path, is) = match found {
                Found::There(node, _) if demand.is_kept(node) => continue,
                Found::There(node, path) if demand.tells_all(node) => {
                    (&node.at, path, String::new())
                }
                Found::There(node, path) => (&node.at, path, format!(", and is {}", shown(node))),
                Found::Absent(..) if !demand.required => continue,
                // The block says more than its empty properties.
                Found::Absent(at, path) if *at == block.props.at => {
                    (&block.at, path, ABSENT.to_owned())
                }
                Found::Absent(at, path) => (at, path, ABSENT.to_owned()),
            };
            let fact = format!("`resources.{}.props.{path}` must {must}{is}", block.name);
            let broken = self.broken(&fact).at(at.clone());
            diagnostics.push(broken.related(self.at.clone(), "the policy"));
        }
    }

    fn broken(&self, fact: &str) -> Diagnostic {
        let detail = self.words(fact);
        Diagnostic {
            severity: self.level,
            ..Diagnostic::error(code::POLICY_BROKEN, detail)
        }
    }

    /// What is told of a breach: the author's message first, when there is one.
    pub fn words(&self, fact: &str) -> String {
        match &self.message {
            Some(message) => format!("{message} (policy `{}`: {fact})", self.name),
            None => format!("policy `{}`: {fact}", self.name),
        }
    }
}

impl Demand {
    fn is_for(&self, block: &Block) -> bool {
        let component = self.component.as_ref();
        let resource = self.resource.as_ref();
        component.is_none_or(|name| name == base(&block.component))
            && resource.is_none_or(|glob| glob.is_match(&block.name))
    }

    fn tells_all(&self, node: &Node) -> bool {
        let condition = self.condition.as_ref();
        condition.is_some_and(|condition| condition.tells_all(node))
    }

    fn is_kept(&self, node: &Node) -> bool {
        let condition = self.condition.as_ref();
        condition.is_none_or(|condition| condition.is_kept(node))
    }
}
