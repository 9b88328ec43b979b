//! Which route of a domain a path takes.

use crate::function::model::Route;

/// The route of a path: an equal path first, then the longest beginning that ends in `*`.
pub(super) fn choose<'r>(routes: &'r [Route], path: &str) -> Option<&'r Route> {
    let exact = routes.iter().find(|route| route.path == path);
    let beginning = |route: &'r Route| Some((route.path.strip_suffix('*')?, route));
    let fuzzy = || {
        let fitting = routes
            .iter()
            .filter_map(beginning)
            .filter(|(begin, _)| path.starts_with(begin));
        fitting
            .max_by_key(|(begin, _)| begin.len())
            .map(|(_, route)| route)
    };
    exact.or_else(fuzzy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_paths_come_first_and_then_the_longest_beginning() {
        let route = |path: &str| Route {
            path: path.to_owned(),
            ..Route::default()
        };
        let routes = ["/*", "/a", "/login/*", "/login/deep/*"].map(route);
        let chosen = |path: &str| choose(&routes, path).map(|route| route.path.as_str());
        assert_eq!(chosen("/a"), Some("/a"));
        assert_eq!(chosen("/a/"), Some("/*"));
        assert_eq!(chosen("/login/x"), Some("/login/*"));
        assert_eq!(chosen("/login/deep/x"), Some("/login/deep/*"));
        assert_eq!(chosen("/login"), Some("/*"));
        assert_eq!(choose(&routes[1..3], "/b"), None);
    }
}
