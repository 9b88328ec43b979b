//! Where links lead: what one says must be where it leads, below the folder or at a place of the machine that it runs on.

use std::collections::BTreeSet;

use crate::{Form, Member, Refusal};

/// Bytes of a link's target at most, and of all targets of a zip.
pub(crate) const LONGEST: u64 = 1024;
pub(crate) const MOST: u64 = 8 * 1024 * 1024;

/// Whether `target` leads above the folder, seen from a link at `path`, or nowhere. What is absolute leads to the machine on which
/// the code runs, which says what is there.
pub(crate) fn leads_out(path: &str, target: &str) -> bool {
    !is_absolute(target) && walk(path, target, &mut |_, _| {}).is_none()
}

fn is_absolute(target: &str) -> bool {
    target.starts_with('/') && !target.contains('\0')
}

/// Refuses links that lead by way of another link: then where they lead is not what their words say, and may be outside.
pub(crate) fn all_lead_straight(members: &[Member]) -> Result<(), Refusal> {
    let links = || {
        members.iter().filter_map(|member| match &member.form {
            Form::Link { target } => Some((member.path.as_str(), target.as_str())),
            _ => None,
        })
    };
    let places: BTreeSet<&str> = links().map(|(path, _)| path).collect();
    for (path, target) in links().filter(|(_, target)| !is_absolute(target)) {
        let mut through = false;
        let inside = walk(path, target, &mut |at, is_last| {
            through |= !is_last && places.contains(at);
        });
        if through || inside.is_none() {
            return Err(Refusal::entry(
                path,
                "is a link that goes through another link",
            ));
        }
    }
    Ok(())
}

/// Goes where `target` leads, from the folder of the link at `path`, and shows each place on the way; nothing: outside.
fn walk(path: &str, target: &str, visit: &mut dyn FnMut(&str, bool)) -> Option<()> {
    if target.is_empty() || target.starts_with('/') || target.contains(['\0', '\\']) {
        return None;
    }
    let mut at = path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        .to_owned();
    let mut parts = target
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .peekable();
    while let Some(part) = parts.next() {
        if part == ".." {
            if at.is_empty() {
                return None;
            }
            at.truncate(at.rfind('/').unwrap_or(0));
        } else {
            if !at.is_empty() {
                at.push('/');
            }
            at.push_str(part);
        }
        visit(&at, parts.peek().is_none());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stays_below_the_folder() {
        for (path, target) in [
            ("a", "b"),
            ("x/y/a", "../../b"),
            ("x/a", "./y/../z"),
            ("x/a", ".."),
            ("venv/bin/python3", "/usr/bin/python3"),
        ] {
            assert!(!leads_out(path, target), "{path} {target}");
        }
        for (path, target) in [
            ("a", ".."),
            ("x/a", "../../b"),
            ("a", "/b\0"),
            ("a", ""),
            ("a", "x/../../b"),
        ] {
            assert!(leads_out(path, target), "{path} {target}");
        }
    }
}
