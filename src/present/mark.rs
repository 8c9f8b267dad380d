//! The signs in front of things: one row for each meaning, with a sign, one for terminals that know only
//! ASCII, and a tone. Never the only carrier of a meaning: a word always stands beside a mark, so that
//! nothing is lost without colour or to a screen reader.

/// What a piece of text wants to say by its looks. Faces choose colours or attributes for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// This matters.
    Strong,
    /// This is beside the point.
    Dim,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Look here; not known to be bad.
    Warn,
}

/// Which signs a face may use. Every sign is one character that terminals draw in one cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Symbols {
    /// ✓ and ✗.
    #[default]
    Unicode,
    /// `+` and `x`, for terminals and log files without Unicode.
    Ascii,
}

macro_rules! marks {
    ($($(#[doc = $doc:literal])+ $name:ident: $unicode:literal, $ascii:literal, $tone:ident;)+) => {
        /// A sign with a meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Mark { $($(#[doc = $doc])+ $name,)+ }

        impl Mark {
            /// Every mark, for a legend.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The sign: one character.
            #[must_use]
            pub const fn symbol(self, symbols: Symbols) -> &'static str {
                match (self, symbols) {
                    $((Self::$name, Symbols::Unicode) => $unicode, (Self::$name, Symbols::Ascii) => $ascii,)+
                }
            }

            /// How it looks.
            #[must_use]
            pub const fn tone(self) -> Tone {
                match self { $(Self::$name => Tone::$tone,)+ }
            }
        }
    };
}

marks! {
    /// As expected, held, committed, ticked.
    Passed: "✓", "+", Good;
    /// Answered, and not as expected; rolled back.
    Failed: "✗", "x", Bad;
    /// Could not be asked; nobody knows.
    Inconclusive: "?", "?", Warn;
    /// A person has to say.
    NeedsPerson: "◇", "@", Warn;
    /// Not green, and accepted by a person.
    Accepted: "≈", "~", Warn;
    /// Under way.
    Busy: "◌", ":", Plain;
    /// Not asked yet.
    NotAsked: "·", ".", Dim;
    /// Still to come.
    Ahead: "○", "o", Dim;
    /// Begun, and not finished.
    Open: "●", "*", Strong;
    /// Left out.
    Skipped: "»", "/", Dim;
    /// Does not apply.
    NotNeeded: "–", "-", Dim;
    /// Where the work is.
    Current: "▸", ">", Strong;
    /// To be ticked.
    Unticked: "□", "_", Plain;
    /// Something that changes a system.
    Change: "◆", "#", Strong;
    /// Somebody wrote it down.
    Note: "¶", "'", Plain;
    /// People settled on a way.
    Decision: "⚖", "%", Strong;
    /// An earlier entry does not hold any more.
    Correction: "↺", "&", Warn;
    /// Something for a channel of the team.
    Message: "→", "]", Plain;
    /// The incident itself: opened, left, handed over.
    Incident: "•", "=", Plain;
    /// Time is up, or something needs attention.
    Warning: "!", "!", Warn;
    /// Call for help.
    Escalation: "↑", "^", Warn;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_mark_is_one_character_and_no_two_are_alike() {
        for symbols in [Symbols::Unicode, Symbols::Ascii] {
            let signs: HashSet<_> = Mark::ALL.iter().map(|mark| mark.symbol(symbols)).collect();
            assert_eq!(signs.len(), Mark::ALL.len(), "{symbols:?}");
            assert!(signs.iter().all(|sign| sign.chars().count() == 1 && (symbols == Symbols::Unicode || sign.is_ascii())));
        }
    }
}
