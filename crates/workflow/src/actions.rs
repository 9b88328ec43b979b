//! What tasks can ask of products: the actions that are known, and the parameters without which they fail.

use crate::form::{Builder, nearest};
use crate::{Finding, Node, Place};

/// An action of a product that flows reach by an integration of its own. Products that flows reach by their common API
/// have any action that the API has, and are not here.
struct Action {
    product: &'static str,
    operation: &'static str,
    /// Parameters of which one must be there, as the second language writes them.
    needs: &'static [&'static str],
}

const fn action(
    product: &'static str,
    operation: &'static str,
    needs: &'static [&'static str],
) -> Action {
    Action {
        product,
        operation,
        needs,
    }
}

/// From the vendor's pages on integrations: function <https://help.aliyun.com/document_detail/2400200.html>, flow
/// <https://help.aliyun.com/document_detail/2400188.html>, address <https://help.aliyun.com/document_detail/2593203.html>, and those
/// on MNS and `EventBridge`.
const ACTIONS: [Action; 6] = [
    action("FC", "InvokeFunction", &["resourceArn"]),
    action("FNF", "StartExecution", &["resourceArn", "flowName"]),
    action("FNF", "StartSyncExecution", &["resourceArn", "flowName"]),
    action("HTTP", "Request", &["url"]),
    action("MNS", "SendMessage", &["resourceArn"]),
    action("EventBridge", "PutEvents", &["eventBusName"]),
];

/// Says what is doubtful about an action by its name; whether the name is one of those known here.
pub(crate) fn doubt(builder: &mut Builder, (product, operation): (&str, &str), at: Place) -> bool {
    let of_product: Vec<&Action> = ACTIONS
        .iter()
        .filter(|action| action.product.eq_ignore_ascii_case(product))
        .collect();
    if of_product
        .iter()
        .any(|action| action.operation == operation)
    {
        return true;
    }
    let (said, hint) = if of_product.is_empty() {
        // Another product, unless its name is a slip.
        let Some(meant) = meant(product, operation) else {
            return false;
        };
        (
            format!("`{product}` is no product that is known here"),
            format!("did you mean `{meant}`?"),
        )
    } else {
        let names: Vec<String> = of_product
            .iter()
            .map(|action| format!("`{product}:{}`", action.operation))
            .collect();
        (
            format!("`{product}:{operation}` is no action that is known here"),
            format!("known of {product}: {}", names.join(", ")),
        )
    };
    builder.findings.push(Finding::warning(at, said).hint(hint));
    false
}

/// The known action whose operation this is, if the product's name is near to its own.
fn meant(product: &str, operation: &str) -> Option<String> {
    let mut same = ACTIONS
        .iter()
        .filter(|action| action.operation == operation);
    let found = same.find(|action| nearest(product, [action.product]).is_some())?;
    Some(format!("{}:{operation}", found.product))
}

/// Says what a task of the second language lacks whose action is known. A parameter may begin with a capital, and be an
/// expression.
pub(crate) fn need(builder: &mut Builder, action: &str, given: Option<&Node>, task: Place) {
    let is_it = |known: &&Action| {
        let name = format!("{}:{}", known.product, known.operation);
        name.eq_ignore_ascii_case(action)
    };
    let Some(known) = ACTIONS.iter().find(is_it) else {
        return;
    };
    let entries = given.and_then(Node::entries).unwrap_or_default();
    let has = |wanted: &str| {
        let mut keys = entries.iter().map(|entry| entry.key.as_str());
        keys.any(|key| {
            let key = key.strip_suffix(".$").unwrap_or(key);
            key.eq_ignore_ascii_case(wanted)
        })
    };
    if !known.needs.iter().any(|wanted| has(wanted)) {
        let at = given.map_or(task, |node| node.at);
        let names: Vec<String> = known.needs.iter().map(|name| format!("`{name}`")).collect();
        let said = format!("`{action}` fails without {}", names.join(" or "));
        let finding = Finding::warning(at, said);
        builder
            .findings
            .push(finding.hint("it belongs into `Parameters`"));
    }
}
