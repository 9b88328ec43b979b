//! What a call that puts events into `EventBridge` signs as its resource.

/// The path as sent, and the parameters of the query, decoded and in order of their names, as the vendor's clients do it.
pub fn resource(path: &str, query: &[(String, String)]) -> String {
    let mut query: Vec<_> = query.iter().collect();
    query.sort_unstable();
    let mut text = path.to_owned();
    for (number, (name, value)) in query.into_iter().enumerate() {
        let mark = if number == 0 { "?" } else { "&" };
        text.extend([mark, name, "=", value]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_in_order_of_their_names() {
        let query = [("b", "2"), ("a", "1")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(resource("/openapi/x", &query), "/openapi/x?a=1&b=2");
        assert_eq!(resource("/openapi/x", &[]), "/openapi/x");
    }
}
