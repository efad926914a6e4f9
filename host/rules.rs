//! The rules of a run: the components in which they lie, and which of them are enabled.
//!
//! A rule's number is its place among all rules of all components, in the order of their alerts.

use std::ops::Range;
use std::sync::Arc;

use crate::prefilter::Needles;
use crate::sandbox::Component;
use crate::sandbox::metadata::Metadata;

/// The rules of a run. They never change; a run may exchange them for others.
pub struct Rules {
    components: Vec<Named>,
    /// Where each component's rules begin, and at last where all end.
    starts: Vec<usize>,
    needles: Needles,
}

/// A component, and the name by which the operator called it.
struct Named {
    name: String,
    component: Arc<Component>,
}

impl Rules {
    /// All the rules of these components, each with the name by which the operator called it.
    pub fn new(components: impl IntoIterator<Item = (String, Arc<Component>)>) -> Self {
        Self::enabling(components, |_| true)
    }

    /// Those of the rules of these components that are to be enabled.
    pub fn enabling(
        components: impl IntoIterator<Item = (String, Arc<Component>)>,
        enabled: impl Fn(&Metadata) -> bool,
    ) -> Self {
        let components: Vec<_> = components.into_iter().map(|(name, component)| Named { name, component }).collect();
        let mut starts = vec![0];
        for named in &components {
            starts.push(starts[starts.len() - 1] + named.component.rules().len());
        }
        let all = components.iter().flat_map(|named| named.component.rules());
        let needles = Needles::new(all.map(|rule| enabled(rule).then_some(&*rule.needles)));
        Self { components, starts, needles }
    }

    /// What the rules say of themselves, in the order of their numbers, the disabled ones too.
    pub fn iter(&self) -> impl Iterator<Item = &Metadata> {
        self.components.iter().flat_map(|named| named.component.rules())
    }

    /// How many rules there are, the disabled ones too.
    pub fn len(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the rule with this number is enabled.
    pub fn is_enabled(&self, rule: usize) -> bool {
        self.needles.enabled().contains(rule)
    }

    /// What the rule with this number says of itself.
    pub fn get(&self, rule: usize) -> Option<&Metadata> {
        self.place(rule).map(|(component, rule)| &self.components[component].component.rules()[rule])
    }

    /// The name of the component in which the rule with this number lies.
    pub fn component_name(&self, rule: usize) -> Option<&str> {
        self.place(rule).map(|(component, _)| &*self.components[component].name)
    }

    /// The component of a rule, and the rule's number in it.
    fn place(&self, rule: usize) -> Option<(usize, usize)> {
        let component = self.starts.partition_point(|start| *start <= rule) - 1;
        (rule < self.len()).then(|| (component, rule - self.starts[component]))
    }

    pub(crate) fn components(&self) -> impl Iterator<Item = &Arc<Component>> {
        self.components.iter().map(|named| &named.component)
    }

    /// The numbers of each component's rules.
    pub(crate) fn ranges(&self) -> Vec<Range<usize>> {
        self.starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
    }

    pub(crate) fn needles(&self) -> &Needles {
        &self.needles
    }
}

#[cfg(test)]
impl Rules {
    /// Rules of one component that is not there, of which only the needles are known.
    pub(crate) fn of_needles(rules: &[Vec<String>]) -> Self {
        let needles = Needles::new(rules.iter().map(|needles| Some(needles.as_slice())));
        Self { components: Vec::new(), starts: vec![0, rules.len()], needles }
    }
}

impl std::fmt::Debug for Rules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(|rule| &rule.id)).finish()
    }
}
