//! `--only` and `--skip`: which of the rules are enabled.

use std::sync::Arc;

use trommel::diagnostics::printable;
use trommel::{Component, Rules};
use wildmatch::WildMatch;

use crate::messages::Hinted;

/// Which of the rules are enabled.
#[derive(clap::Args)]
pub(crate) struct Select {
    /// Enables only the rules with this id, in which * stands for any characters and ? for one. May be given several
    /// times.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Disables the rules with this id, in which * and ? stand as with --only. May be given several times.
    #[arg(long, value_name = "ID")]
    skip: Vec<String>,
}

impl Select {
    /// The rules of these components, as far as they are wanted. A pattern that fits no rule is a mistake.
    pub(crate) fn rules(&self, components: Vec<(String, Component)>) -> anyhow::Result<Rules> {
        let ids = || components.iter().flat_map(|(_, component)| component.rules()).map(|rule| &*rule.id);
        for (flag, pattern) in
            self.only.iter().map(|id| ("--only", id)).chain(self.skip.iter().map(|id| ("--skip", id)))
        {
            let wanted = WildMatch::new(pattern);
            if !ids().any(|id| wanted.matches(id)) {
                let known: Vec<_> = ids().take(IDS_SHOWN_MAX).map(printable).collect();
                let more = if ids().nth(IDS_SHOWN_MAX).is_some() { ", …" } else { "" };
                let why = format!("{flag} {pattern}: no rule has this id");
                return Err(Hinted::new(why, format!("the ids are {}{more}", known.join(", "))).into());
            }
        }
        let patterns = |ids: &[String]| ids.iter().map(|id| WildMatch::new(id)).collect::<Vec<_>>();
        let (only, skip) = (patterns(&self.only), patterns(&self.skip));
        let fits = |patterns: &[WildMatch], id: &str| patterns.iter().any(|pattern| pattern.matches(id));
        let enabled = |id: &str| (only.is_empty() || fits(&only, id)) && !fits(&skip, id);
        if !ids().any(enabled) {
            let why = "--only and --skip leave no rule enabled";
            return Err(Hinted::new(why, "what --skip names is disabled, whatever --only says").into());
        }
        let components = components.into_iter().map(|(name, component)| (name, Arc::new(component)));
        Ok(Rules::enabling(components, |rule| enabled(&rule.id)))
    }
}

/// How many ids a message shows.
const IDS_SHOWN_MAX: usize = 10;
