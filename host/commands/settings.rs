//! `--settings`: gives a file of settings to the rule that it is for.

use std::path::Path;

use trommel::Component;
use trommel::diagnostics::printable;
use trommel::files::read_whole;

use crate::messages::{self, Hinted};

/// The largest file of settings. Not to be changed.
const SETTINGS_BYTES_MAX: usize = 16 << 20;

/// Gives each of these settings, `[ID=]FILE`, to the rule that they are for; a rule takes them once.
pub(crate) fn configure(components: &mut [(String, Component)], all: &[String]) -> anyhow::Result<()> {
    let mut configured = Vec::new();
    all.iter().try_for_each(|settings| configure_one(components, settings, &mut configured))
}

fn configure_one(
    components: &mut [(String, Component)],
    settings: &str,
    configured: &mut Vec<(usize, usize)>,
) -> anyhow::Result<()> {
    let ids: Vec<(usize, usize, String)> = components
        .iter()
        .enumerate()
        .flat_map(|(at, (_, component))| {
            component.rules().iter().enumerate().map(move |(rule, m)| (at, rule, m.id.clone()))
        })
        .collect();
    let known = || ids.iter().map(|(.., id)| printable(id)).collect::<Vec<_>>().join(", ");
    // A file's name may hold `=`: only a rule's id makes a prefix of it.
    let prefixed = settings.split_once('=').filter(|(id, _)| ids.iter().any(|(.., known)| known == id));
    let (file, (at, rule, id)) = match (prefixed, &ids[..]) {
        (Some((id, file)), _) => {
            let mut named = ids.iter().filter(|(.., known)| known == id);
            match (named.next(), named.next()) {
                (Some(one), None) => (file, one),
                _ => {
                    let why = format!("--settings {settings}: several rules have the id {id}");
                    return Err(Hinted::new(why, "leave one of the components out, or run them apart").into());
                }
            }
        }
        (None, [only]) if Path::new(settings).exists() || !settings.contains('=') => (settings, only),
        _ if settings.contains('=') => {
            return Err(Hinted::new(
                format!("--settings {settings}: no rule has this id, and no file this name"),
                format!("the ids are {}", known()),
            )
            .into());
        }
        _ => {
            return Err(Hinted::new(
                format!("--settings {settings}: there are {} rules", ids.len()),
                format!("write --settings ID={settings}; the ids are {}", known()),
            )
            .into());
        }
    };
    if configured.contains(&(*at, *rule)) {
        anyhow::bail!("--settings {settings}: the rule {id} has settings already", id = printable(id));
    }
    configured.push((*at, *rule));
    let bytes = read_whole(Path::new(file), SETTINGS_BYTES_MAX)
        .map_err(|error| anyhow::anyhow!("{file}: the settings cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        anyhow::anyhow!("{file}: the settings cannot be read: invalid UTF-8 at byte {byte}")
    })?;
    let taken = components[*at].1.configure(*rule, &text);
    Ok(taken.map_err(|error| messages::cannot_configure(Path::new(file), id, &error))?)
}
