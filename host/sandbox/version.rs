//! Which version of the interface a component speaks, and whether this host does.

use super::{INTERFACE, INTERFACE_VERSION, LoadError};

/// Finds the interface among the names of exports. A component may export several versions of it, for hosts of several
/// ages: one that this host speaks is enough, and the newest of those is called.
pub(super) fn check<'n>(exports: impl Iterator<Item = &'n str>) -> Result<(), LoadError> {
    let versions: Vec<_> = exports.filter_map(version_of).collect();
    if versions.iter().any(|version| is_spoken(version)) {
        return Ok(());
    }
    let parts = |version: &str| -> Vec<Option<u64>> { version.split('.').map(|part| part.parse().ok()).collect() };
    let newest = versions.into_iter().max_by_key(|version| parts(version));
    Err(newest.map_or(LoadError::NoInterface, |newest| LoadError::OtherVersion(newest.to_owned())))
}

/// The version that a name has, if it is the interface's.
fn version_of(name: &str) -> Option<&str> {
    let version = name.strip_prefix(INTERFACE)?;
    if version.is_empty() { Some("") } else { version.strip_prefix('@') }
}

/// Whether a version is called as this host's is: before 1.0 the second number tells them apart.
fn is_spoken(version: &str) -> bool {
    let own = INTERFACE_VERSION.rsplit_once('.').map_or("", |(line, _)| line);
    version.rsplit_once('.').is_some_and(|(line, patch)| line == own && patch.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(versions: &[&str]) -> Vec<String> {
        let name = |version: &&str| format!("{INTERFACE}{}{version}", if version.is_empty() { "" } else { "@" });
        versions.iter().map(name).chain(["a:b/c@1.0.0".to_owned()]).collect()
    }

    #[test]
    fn one_version_that_is_spoken_is_enough() {
        let newer = format!("{}9", INTERFACE_VERSION);
        for versions in [
            &[INTERFACE_VERSION][..],
            &["0.0.9", INTERFACE_VERSION],
            &[INTERFACE_VERSION, "7.0.0"],
            &["0.0.9", &newer, "7.0.0"],
        ] {
            assert!(check(names(versions).iter().map(String::as_str)).is_ok(), "{versions:?}");
        }
    }

    #[test]
    fn of_those_that_are_not_the_newest_is_told() {
        for (versions, told) in [(&["0.0.9", "0.0.10", "0.0.2"][..], Some("0.0.10")), (&[""], Some("")), (&[], None)] {
            match (check(names(versions).iter().map(String::as_str)), told) {
                (Err(LoadError::OtherVersion(version)), Some(told)) => assert_eq!(version, told),
                (Err(LoadError::NoInterface), None) => {}
                (other, _) => panic!("{versions:?}: {other:?}"),
            }
        }
    }
}
