//! "Did you mean": the nearest of some names.

/// The candidate nearest to `word`, when at most a third of its letters differ. A swap of two neighbours counts once,
/// capitals do not count. Of equally near ones the first is given.
pub fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.to_lowercase().chars().collect();
        let limit = word.len().max(other.len()) / 3;
        if word.len().abs_diff(other.len()) > limit {
            continue;
        }
        let far = distance(&word, &other);
        if far <= limit && best.is_none_or(|(least, _)| far < least) {
            best = Some((far, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Edits between two words: insert, delete, replace, swap neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut least = (above[j] + usize::from(x != y))
                .min(above[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["region", "functionName", "vars", "env"];
        let near = |word| closest(word, names.into_iter());
        assert_eq!(near("regoin"), Some("region"));
        assert_eq!(near("functionname"), Some("functionName"));
        assert_eq!(near("var"), Some("vars"));
        assert_eq!(near("bucket"), None);
        assert_eq!(near("x"), None);
        assert_eq!(near(""), None);
    }

    #[test]
    fn distance_counts_a_swap_once() {
        let of = |a: &str, b: &str| {
            distance(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        assert_eq!(of("ab", "ba"), 1);
        assert_eq!(of("kitten", "sitting"), 3);
        assert_eq!(of("", "abc"), 3);
        assert_eq!(of("same", "same"), 0);
    }

    #[test]
    fn a_slip_is_one_edit_or_one_swap() {
        let known = ["name", "title", "domain"];
        let near = |word| closest(word, known.into_iter());
        assert_eq!(near("titel"), Some("title"));
        assert_eq!(near("Domain"), Some("domain"));
        assert_eq!(near("nam"), Some("name"));
        assert_eq!(near("region"), None);
        assert_eq!(near(""), None);
    }

    #[test]
    fn a_swap_counts_once() {
        let far = |a: &str, b: &str| {
            distance(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        assert_eq!(far("ab", "ba"), 1);
        assert_eq!(far("", "abc"), 3);
        assert_eq!(far("kitten", "sitting"), 3);
    }
}
