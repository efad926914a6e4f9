//! Takes an event from its text to its findings: fills the slots, finds the candidates, judges them.

use crate::hash::witness;
use crate::image::{BELOW, Corrupt, ENDS_BYTES, Image, METADATA_WORDS, RULE_WORDS, Section, slot};
use crate::json::{self, Shape, Visitor};
use crate::judge::Judge;
use crate::values::Values;
use crate::{Stop, report};

/// What a rule found in an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule, by its number.
    pub rule: u32,
    /// The text of one JSON object: the rule's columns, in their order.
    pub columns: String,
    /// The severity of this one finding, from 0, informational, to 4, critical.
    pub severity: Option<u32>,
    /// The risk score of this one finding.
    pub risk_score: Option<u8>,
    /// What the event's own id is, where the rule knows its field.
    pub event_id: Option<String>,
}

/// An engine with its pack.
#[derive(Debug)]
pub struct Engine<'i> {
    image: Image<'i>,
    judge: Judge<'i>,
    candidates: Vec<u64>,
    always: Vec<u64>,
}

impl<'i> Engine<'i> {
    /// Takes a pack.
    ///
    /// # Errors
    ///
    /// It is none, or of another version.
    pub fn new(pack: &'i [u8]) -> Result<Self, Corrupt> {
        let image = Image::new(pack)?;
        let mut always = vec![0_u64; image.count(Section::Rules, RULE_WORDS).div_ceil(64)];
        for nth in 0..image.count(Section::Always, 1) {
            let [rule] = image.record::<1>(Section::Always, nth as u32)?;
            *always.get_mut(rule as usize / 64).ok_or(Corrupt("a rule"))? |= 1 << (rule % 64);
        }
        Ok(Self { image, judge: Judge::new(image), candidates: always.clone(), always })
    }

    /// Is the number of rules.
    pub fn rules(&self) -> u32 {
        self.image.count(Section::Rules, RULE_WORDS) as u32
    }

    /// Says whether any rule may have something to say to an event.
    ///
    /// # Errors
    ///
    /// The event is malformed, or the pack is broken.
    pub fn reads(&mut self, event: &[u8]) -> Result<bool, Stop> {
        self.fill(event)?;
        Ok(self.candidates.iter().any(|&word| word != 0))
    }

    /// Judges an event by all rules, or by some, and hands over their findings, those of rule 0 first.
    ///
    /// # Errors
    ///
    /// The event is malformed, or the pack is broken, or the event takes too much: then the rule is named.
    pub fn evaluate(&mut self, event: &[u8], rules: Option<&[u32]>) -> Result<Vec<Finding>, (Option<u32>, Stop)> {
        self.fill(event).map_err(|stop| (None, stop))?;
        if let Some(rules) = rules {
            let candidates = std::mem::replace(&mut self.candidates, vec![0; self.always.len()]);
            for &rule in rules {
                if let Some(word) = candidates.get(rule as usize / 64) {
                    self.candidates[rule as usize / 64] |= word & 1 << (rule % 64);
                }
            }
        }
        let mut findings = Vec::new();
        let mut reported = false;
        for nth in 0..self.candidates.len() {
            let mut word = self.candidates[nth];
            while word != 0 {
                let rule = nth as u32 * 64 + word.trailing_zeros();
                word &= word - 1;
                report::rule(&mut self.judge, event, rule, &mut reported, &mut findings)
                    .map_err(|stop| (Some(rule), stop))?;
            }
        }
        Ok(findings)
    }

    /// Is the number of rules that the last event made candidates.
    pub fn candidates(&self) -> u32 {
        self.candidates.iter().map(|word| word.count_ones()).sum()
    }

    fn fill(&mut self, event: &[u8]) -> Result<(), Stop> {
        if event.len() > i32::MAX as usize {
            return Err(Stop::TooMuch("the event is too long"));
        }
        self.judge.start(event);
        self.candidates.copy_from_slice(&self.always);
        let mut filler = Filler {
            image: self.image,
            section: Section::Paths,
            event,
            values: &mut self.judge.values,
            candidates: Some(&mut self.candidates),
            last: (0, 0, 0),
            broken: None,
        };
        json::walk(event, &mut filler)?;
        filler.broken.map_or(Ok(()), |why| Err(why.into()))
    }

    /// Says what a rule is.
    ///
    /// # Errors
    ///
    /// The pack is broken.
    pub fn about(&self, rule: u32) -> Result<About, Corrupt> {
        About::read(self.image, rule)
    }
}

/// Fills the slots that only columns read.
pub(crate) fn fill_report(image: Image<'_>, event: &[u8], values: &mut Values) -> Result<(), Stop> {
    let mut filler =
        Filler { image, section: Section::ReportPaths, event, values, candidates: None, last: (0, 0, 0), broken: None };
    json::walk(event, &mut filler)?;
    filler.broken.map_or(Ok(()), |why| Err(why.into()))
}

struct Filler<'a, 'i> {
    image: Image<'i>,
    section: Section,
    event: &'a [u8],
    values: &'a mut Values,
    candidates: Option<&'a mut Vec<u64>>,
    /// The path that was looked up last, and what lies at it.
    last: (u64, u32, u32),
    broken: Option<Corrupt>,
}

impl Filler<'_, '_> {
    #[inline]
    fn look_up(&mut self, path: u64) -> Option<(u32, u32)> {
        if self.last.0 == path {
            return Some((self.last.1, self.last.2));
        }
        let (list, count) = self.image.entry(self.section, path)?;
        self.last = (path, list, count);
        Some((list, count))
    }

    fn add(&mut self, path: u64, shape: Shape, start: u32, end: u32) -> Result<(), Corrupt> {
        let Some((list, count)) = self.look_up(path) else { return Ok(()) };
        for [slot, flags] in self.image.list::<2>(list, count & !BELOW)?.iter() {
            let value = self.values.push(slot, shape, start, end).ok_or(Corrupt("a slot"))?;
            if flags & (slot::WHOLE | slot::TAIL | slot::STARTS | slot::ENDS | slot::PRESENT) != 0 {
                self.nominate(slot, flags, value, shape)?;
            }
        }
        Ok(())
    }

    /// Makes candidates of the rules that this value may make fire.
    fn nominate(&mut self, slot: u32, flags: u32, value: u32, shape: Shape) -> Result<(), Corrupt> {
        let Some(candidates) = self.candidates.as_deref_mut() else { return Ok(()) };
        let image = self.image;
        let mut look_up = |hash: u64| -> Result<(), Corrupt> {
            let Some((list, count)) = image.entry(Section::Index, hash) else { return Ok(()) };
            for [rule] in image.list::<1>(list, count)?.iter() {
                *candidates.get_mut(rule as usize / 64).ok_or(Corrupt("a rule"))? |= 1 << (rule % 64);
            }
            Ok(())
        };
        if flags & slot::PRESENT != 0 {
            look_up(witness(slot, slot::PRESENT, b""))?;
        }
        if shape == Shape::Object || flags & (slot::WHOLE | slot::TAIL | slot::STARTS | slot::ENDS) == 0 {
            return Ok(());
        }
        let folded = self.values.folded(self.event, value);
        let text = self.values.bytes(self.event, folded);
        if flags & slot::WHOLE != 0 {
            look_up(witness(slot, slot::WHOLE, text))?;
        }
        if flags & slot::TAIL != 0 {
            look_up(witness(slot, slot::TAIL, tail(text)))?;
        }
        if flags & slot::STARTS != 0 && text.len() >= ENDS_BYTES {
            look_up(witness(slot, slot::STARTS, &text[..ENDS_BYTES]))?;
        }
        if flags & slot::ENDS != 0 && text.len() >= ENDS_BYTES {
            look_up(witness(slot, slot::ENDS, &text[text.len() - ENDS_BYTES..]))?;
        }
        Ok(())
    }
}

/// Is what follows the last slash or backslash of a text.
pub(crate) fn tail(text: &[u8]) -> &[u8] {
    let at = text.iter().rposition(|b| matches!(b, b'/' | b'\\')).map_or(0, |at| at + 1);
    &text[at..]
}

impl Visitor for Filler<'_, '_> {
    #[inline]
    fn enter(&mut self, path: u64, key: &[u8]) -> Option<u64> {
        let path = crate::hash::key(path, key);
        self.look_up(path).map(|_| path)
    }

    fn value(&mut self, path: u64, shape: Shape, start: u32, end: u32) {
        if let Err(why) = self.add(path, shape, start, end) {
            self.broken = Some(why);
        }
    }

    fn wants_object(&self, path: u64) -> bool {
        self.image.entry(self.section, path).is_some_and(|(_, count)| count & !BELOW != 0)
    }
}

/// What a rule says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its id.
    pub id: String,
    /// Its title.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it finds.
    pub description: String,
    /// What to do about it.
    pub triage: String,
    /// Its licence.
    pub license: String,
    /// Its severity, from 0, informational, to 4, critical.
    pub severity: u32,
    /// Its risk score.
    pub risk_score: u8,
    /// Its authors.
    pub authors: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its references.
    pub references: Vec<String>,
    /// Where it stands in MITRE ATT&CK.
    pub threats: Vec<ThreatEntry>,
    /// The names of its columns, and their sorts.
    pub columns: Vec<(String, u32)>,
    /// Its needles.
    pub needles: Vec<String>,
}

/// A tactic, with techniques: ids and names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreatEntry {
    /// The tactic.
    pub tactic: (String, String),
    /// The techniques.
    pub techniques: Vec<(String, String)>,
}

impl About {
    fn read(image: Image<'_>, rule: u32) -> Result<Self, Corrupt> {
        let words = image.record::<METADATA_WORDS>(Section::Metadata, rule)?;
        let string = |at: u32, length: u32| -> Result<String, Corrupt> {
            String::from_utf8(image.text(at, length)?.to_vec()).map_err(|_| Corrupt("a text"))
        };
        let text = |nth: usize| string(words[2 * nth], words[2 * nth + 1]);
        let texts = |at: u32| -> Result<Vec<String>, Corrupt> {
            image.counted::<2>(at)?.iter().map(|[at, length]| string(at, length)).collect()
        };
        let mut threats = Vec::new();
        for [id, id_length, name, name_length, techniques] in image.counted::<5>(words[17])?.iter() {
            let techniques = image.counted::<4>(techniques)?;
            threats.push(ThreatEntry {
                tactic: (string(id, id_length)?, string(name, name_length)?),
                techniques: techniques
                    .iter()
                    .map(|[id, id_length, name, name_length]| Ok((string(id, id_length)?, string(name, name_length)?)))
                    .collect::<Result<_, Corrupt>>()?,
            });
        }
        let record = image.record::<RULE_WORDS>(Section::Rules, rule)?;
        let columns = image.list::<5>(record[3], record[4])?;
        Ok(Self {
            id: text(0)?,
            name: text(1)?,
            version: text(2)?,
            description: text(3)?,
            triage: text(4)?,
            license: text(5)?,
            severity: words[12],
            risk_score: words[13].min(100) as u8,
            authors: texts(words[14])?,
            tags: texts(words[15])?,
            references: texts(words[16])?,
            threats,
            columns: columns
                .iter()
                .map(|[at, length, _, _, sort]| Ok((string(at, length)?, sort)))
                .collect::<Result<_, Corrupt>>()?,
            needles: texts(words[18])?,
        })
    }
}
